#!/bin/sh
# A manual page for each function of the core's public headers, from its comment:
# what stands before a declaration is its description. Fails if a function has
# none.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the folder that gets the pages, and the headers.
set -eu

out=$1
shift
mkdir -p "$out"
date=$(sed -n 's/^\.Dd //p' "$(dirname -- "$0")/raft.3")
version=$(sed -n 's/^#define RAFT_VERSION "\(.*\)"/\1/p' "$@")

awk -v out="$out" -v date="$date" -v version="$version" '
# A line of a comment as a line of a page: "." and "\047" begin requests.
function escape(line) {
	gsub(/\\/, "\\e", line)
	gsub(/`/, "", line)
	if (line ~ /^[.\047]/)
		line = "\\&" line
	return line
}

function write_page(name, declaration, page) {
	if (description == "") {
		print name " is not documented" >"/dev/stderr"
		failed = 1
		return
	}
	sub(/\.PP\n$/, "", description)
	page = out "/" name ".3"
	print ".\\\" Made of raft/raft*.h by docs/man.sh." >page
	printf ".TH %s 3 \"%s\" \"Outrigger %s\"\n", name, date,
	    version >page
	printf ".SH NAME\n%s \\- %s\n", name, first_sentence(description) >page
	print ".SH SYNOPSIS\n.nf\n#include <raft/raft.h>\n" >page
	printf "%s\n.fi\n", escape(declaration) >page
	printf ".SH DESCRIPTION\n%s", description >page
	print ".SH SEE ALSO\n.BR raft (3)" >page
	close(page)
	pages++
}

# Up to the end of the first sentence.
function first_sentence(text) {
	gsub(/ *\n */, " ", text)
	if (match(text, /[.;]( |$)/))
		text = substr(text, 1, RSTART - 1)
	return text
}

/^\/\*\*/ {
	commenting = 1
	description = ""
}

commenting {
	line = $0
	ends = sub(/ *\*\/$/, "", line)
	sub(/^\/\*\* ?/, "", line)
	sub(/^ \* ? ?/, "", line)
	if (line != "")
		description = description escape(line) "\n"
	else if (description != "")
		description = description ".PP\n"
	commenting = !ends
	next
}

# Until the prototype ends, which that of an inline function does without ";".
/^RAFT_API / || /^static inline / || declaration != "" {
	line = $0
	sub(/^(RAFT_API (RAFT_MUST_USE )?|static inline )/, "", line)
	declaration = declaration (declaration == "" ? "" : "\n") line
	if (line !~ /\);?$/)
		next
	sub(/\)$/, ");", declaration)
	name = declaration
	sub(/\(.*/, "", name)
	sub(/.*[^a-z0-9_]/, "", name)
	write_page(name, declaration)
	declaration = description = ""
	next
}

/^$/ || /^[^ \t]/ || FNR == 1 {
	description = ""
}

END {
	if (pages == 0) {
		print "no function found" >"/dev/stderr"
		failed = 1
	}
	exit failed
}' "$@"
