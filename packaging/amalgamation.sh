#!/bin/sh
# The core and all modules of ours as two files: outrigger.h, which is what raft/raft.h
# says, and outrigger.c, which compiles by itself.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the folder that gets them, how many of the modules are on unless said
# otherwise, and the modules, in order (raft.bzl). From the root of the sources.
set -eu

out=$1
on=$2
shift 2
version=$(sed -n 's/^#define RAFT_VERSION "\(.*\)"/\1/p' raft/raft.h)

# Files one after another, each preceded by what it includes, once. `have` has
# the names of those that need not be repeated, and gets those that are written.
expand() {
	awk -v have="$have" '
	function expand(path,    line) {
		if (path in done)
			return
		done[path] = 1
		print path >>have
		while ((getline line <path) > 0) {
			if (line ~ /^#include "/) {
				split(line, part, "\"")
				expand(part[2])
			} else {
				print line
			}
		}
		close(path)
	}
	BEGIN {
		while ((getline path <have) > 0)
			done[path] = 1
		close(have)
		# The list of modules is written below.
		done["raft_extensions.h"] = 1
		for (i = 1; i < ARGC; i++)
			expand(ARGV[i])
	}' "$@"
}

notice() {
	cat <<END
/*
 * Outrigger $version: Raft for C, as one file. Made by ./run amalgamation.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
$(cat)
 */
END
}

# What a module is switched by: RAFT_WITH_PREVOTE.
switch() {
	echo "RAFT_WITH_$(echo "$1" | tr '[:lower:]' '[:upper:]')"
}

have=$(mktemp)
trap 'rm -f "$have"' EXIT

{
	notice <<END
 *
 * What raft/raft.h is, for programs that compile outrigger.c themselves.
END
	echo '#ifndef OUTRIGGER_H'
	echo '#define OUTRIGGER_H'
	echo
	expand raft/raft.h extensions/*/options.h
	echo
	echo '#endif'
} >"$out/outrigger.h"

{
	notice <<END
 *
 *	cc -std=c11 -c outrigger.c
 *
 * has the first $on of our modules: $*.
 * -DRAFT_WITH_PREVOTE=0 leaves one out, -DRAFT_WITH_DISCONNECT=1 takes one in, and
 * so for the others.
 * -DRAFT_WITH_MODULE=mine takes one of yours from mine.h and mine.c, its record
 * being raft_mine_extension: see docs/modules.md. Its static names must be none of
 * those here, or the compiler says so.
END
	cat <<'END'
#include "outrigger.h"

/* Not every build asks all that a module may ask. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif

END
	expand raft/raft_extension.h
	for module in "$@"; do
		name=$(switch "$module")
		is_on=$((on > 0))
		on=$((on - 1))
		cat <<END

#ifndef $name
#define $name $is_on
#endif
#if $name
#define RAFT__HAS_$module(X) X($module)
END
		expand "extensions/$module/$module.h"
		echo '#else'
		echo "#define RAFT__HAS_$module(X)"
		echo '#endif'
	done
	cat <<'END'

#ifdef RAFT_WITH_MODULE
#define RAFT__TEXT_OF(path) #path
#define RAFT__TEXT(path) RAFT__TEXT_OF(path)
#include RAFT__TEXT(RAFT_WITH_MODULE.h)
#define RAFT__CALL(X, module) X(module)
#define RAFT__HAS_YOURS(X) RAFT__CALL(X, RAFT_WITH_MODULE)
#else
#define RAFT__HAS_YOURS(X)
#endif

#define RAFT_EXTENSION_ACTIVE(member, number) true
#define RAFT_EXTENSION_NEEDS(HAS) (1)
END
	printf '#define RAFT_EXTENSIONS(X)'
	printf ' RAFT__HAS_%s(X)' "$@"
	echo ' RAFT__HAS_YOURS(X)'
	expand raft/raft_module.h raft/*.c
	for module in "$@"; do
		echo
		echo "#if $(switch "$module")"
		expand "extensions/$module"/*.c
		echo '#endif'
	done
	cat <<'END'

#ifdef RAFT_WITH_MODULE
#include RAFT__TEXT(RAFT_WITH_MODULE.c)
#endif
END
} >"$out/outrigger.c"
