#!/bin/sh
# The parsers of what strangers send under libFuzzer, ASan and UBSan.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
#     libfuzzer.sh HEADERS FINDINGS SECONDS        all targets, each so long
#     libfuzzer.sh HEADERS FINDINGS TARGET INPUT   one input again
#
# HEADERS is the folder of raft_extensions.h. What is found is kept in the folder
# FINDINGS, and with it, in corpus-TARGET, the inputs that reach something new:
# the next run begins with them. Exit status: 1 if something was found.
set -eu

[ $# -eq 3 ] || [ $# -eq 4 ] ||
    { echo "usage: libfuzzer.sh HEADERS FINDINGS SECONDS|TARGET INPUT" >&2
    exit 2; }
headers=$1
findings=$2
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
mkdir -p "$findings"
# Those of the build that the headers are of.
modules=$(sed -n 's|^#include "\(extensions/.*\)/.*|\1/*.c|p' \
    "$headers/raft_extensions.h")

sources_of() {
	case $1 in
	wire_fuzz)
		echo tests/fuzz/wire_fuzz.c tests/fuzz/world.c \
		    tests/fuzz/messages.c tests/fuzz/hostile.c tests/fuzz/rounds.c \
		    assists/wire/*.c assists/crc32c/*.c raft/*.c \
		    $modules
		;;
	hello_fuzz)
		echo tests/fuzz/hello_fuzz.c tests/fuzz/rounds.c \
		    assists/transport_tcp/*.c \
		    assists/wire/*.c assists/crc32c/*.c raft/*.c \
		    $modules
		;;
	name_fuzz)
		echo tests/fuzz/name_fuzz.c tests/fuzz/rounds.c \
		    assists/transport_tls/name.c
		;;
	request_fuzz)
		echo tests/fuzz/request_fuzz.c tests/fuzz/rounds.c \
		    assists/admin/request.c
		;;
	resp_fuzz)
		echo tests/fuzz/resp_fuzz.c tests/fuzz/rounds.c \
		    demos/kv/buffer.c demos/kv/commands.c demos/kv/entry.c \
		    demos/kv/keys.c demos/kv/pattern.c demos/kv/request.c
		;;
	*)
		echo "libfuzzer.sh: no target is called $1" >&2
		exit 2
		;;
	esac
}

build() {
	# shellcheck disable=SC2046
	(cd "$top" && clang -std=c11 -D_GNU_SOURCE -DOUTRIGGER_LIBFUZZER -g -O1 \
	    -fno-omit-frame-pointer -fno-sanitize-recover=undefined \
	    -fsanitize=fuzzer,address,undefined -I. -I"$headers" \
	    $(sources_of "$1") -o "$scratch/$1" -lbsd -luv -lcrypto -ljansson)
}

if [ $# -eq 4 ]; then
	build "$3"
	"$scratch/$3" "$4"
	exit
fi

found=0
for target in wire_fuzz hello_fuzz name_fuzz request_fuzz resp_fuzz; do
	corpus=$findings/corpus-$target
	mkdir -p "$corpus"
	build "$target"
	echo "fuzz: $target for $3 s"
	if "$scratch/$target" -max_total_time="$3" -print_final_stats=1 \
	    -max_len=4096 -timeout=20 -artifact_prefix="$findings/$target-" \
	    "$corpus" >"$scratch/log" 2>&1; then
		awk '/stat::number_of_executed_units/ { runs = $2 }
		/ cov: / { for (i = 1; i < NF; i++)
			if ($i == "cov:") edges = $(i + 1) }
		END { printf "fuzz: %d inputs, %d edges, nothing found\n",
			runs, edges }' "$scratch/log"
		continue
	fi
	found=1
	grep -E 'ERROR|SUMMARY|^    #[0-9] ' "$scratch/log" | head -20
	input=$(sed -n 's/.*Test unit written to //p' "$scratch/log" | tail -1)
	echo "fuzz: FAILED; again: ./run fuzz $target $input"
done
exit $found
