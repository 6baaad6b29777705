#!/bin/sh
# The tests of the core and of the assists, compiled for another machine and run as qemu
# does: other sizes of words, another order of bytes.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the machine (i386, aarch64 or s390x), the folders of raft_extensions.h of
# //:raft_masked and of //:raft, a folder to keep what is fetched in, and names of tests,
# if not all of them are to run. Exit status: 1 if a test fails, 2 if it cannot be tried.
set -eu

machine=$1
masked=$2
plain=$3
kept=$4
shift 4
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
# Debian's name, the compiler's, and flags: files there have 64 bits of length.
flags=
case $machine in
i386) debian=i386 triplet=i686-linux-gnu flags="-D_FILE_OFFSET_BITS=64 -Wno-psabi" ;;
aarch64) debian=arm64 triplet=aarch64-linux-gnu ;;
s390x) debian=s390x triplet=s390x-linux-gnu ;;
*)
	echo "elsewhere: machines are i386, aarch64 and s390x, not $machine" >&2
	exit 2
	;;
esac
# What Debian's packages of libraries call the folder.
folder=$triplet
[ "$machine" != i386 ] || folder=i386-linux-gnu
root=$kept/$machine
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$top"
# Seconds that a test may take, which is slow there.
patience=600

# ------------------------------------------------- libraries of that machine

# apt for that machine, which leaves this one's as it is.
apt_there() {
	apt-get -o "APT::Architecture=$debian" -o "APT::Architectures=$debian" \
	    -o "Dir::State=$work/apt" -o Dir::State::status=/dev/null \
	    -o "Dir::Cache=$work/apt" -o Debug::NoLocking=1 "$@"
}

fetch() {
	echo "elsewhere: fetching libraries for $machine"
	mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" "$root.new"
	{ apt_there update; (cd "$work/apt" && apt_there download libbsd0 \
	    libbsd-dev libmd0 libmd-dev libcmocka0 libcmocka-dev libuv1 libuv1-dev \
	    libssl3 libssl-dev libjansson4 libjansson-dev libmicrohttpd12 \
	    libmicrohttpd-dev libsqlite3-0 libsqlite3-dev); } >"$work/said" 2>&1 ||
	    { tail -n 5 "$work/said"; exit 2; }
	for package in "$work/apt"/*.deb; do
		dpkg -x "$package" "$root.new"
	done
	# A script of the linker's, and links, say where they were to be.
	sed -i "s|(/|($root/|" "$root.new/usr/lib/$folder/libbsd.so"
	find "$root.new" -type l -lname '/*' | while read -r link; do
		ln -sf "$root$(readlink "$link")" "$link"
	done
	rm -rf "$root"
	mv "$root.new" "$root"
}

# Or one that was fetched before this was needed.
[ -e "$root/usr/include/sqlite3.h" ] || fetch

# ------------------------------------------------------------- compiling

compile() {
	# shellcheck disable=SC2086
	"$triplet-gcc" -std=c11 -D_GNU_SOURCE $flags -O1 -g -I. \
	    -isystem "$root/usr/include/$folder" -isystem "$root/usr/include" \
	    "$@"
}

# A core with the modules that the list of a build includes, in each line an object, its
# source and the flags: its name, the list's folder.
core() {
	modules=$(sed -n 's|^#include "\(extensions/.*\)/[^/]*"$|\1|p' \
	    "$2/raft_extensions.h")
	for part in raft $modules; do
		for source in "$part"/*.c; do
			echo "$1-$(echo "$source" | tr / _).o $source -I$2"
		done
	done
}

# It twice, as tests/core and as the assists have it, and of the assists all that is no
# program of its own.
objects() {
	core masked "$masked"
	core plain "$plain"
	find assists -name '*.c' ! -name main.c ! -name portable.c \
	    ! -path 'assists/admin/ctl.c' ! -path 'assists/admin/show.c' \
	    ! -path 'assists/admin/talk.c' | sort | while read -r source; do
		echo "$(echo "$source" | tr / _).o $source -I$plain"
	done
}

echo "elsewhere: compiling for $machine"
: >"$work/failed"
mkdir "$work/objects"
objects >"$work/list"
while read -r object source flag; do
	# A few at a time.
	compile "$flag" -c "$source" -o "$work/objects/$object" \
	    -DRAFT_SCENARIO_OURS='"stickiness+prevote+checkquorum+learners+disconnect+split_vote+fencing+catchup"' ||
	    echo "$source" >>"$work/failed" &
	[ $((count = ${count:-0} + 1)) -lt "$(nproc)" ] || { wait; count=0; }
done <"$work/list"
wait
[ ! -s "$work/failed" ] || { echo "elsewhere: not compiled:"; cat "$work/failed"; exit 1; }
for library in masked plain assists; do
	"$triplet-ar" rcs "$work/lib$library.a" "$work/objects/$library"*
done

# ------------------------------------------------------------- and running

# Of tests/unit those that ask for no processes, no other build, no quick handshakes and
# nothing that qemu lacks (TCP_INFO: transport_tcp, server_status, metrics_text).
tests() {
	ls tests/core/*_test.c
	for name in histogram lines log_file_damage log_file_journal log_file_mend \
	    log_file_record log_file_segments log_file log_memory \
	    message_size node node_loop \
	    scenario scenario_build scenario_limits scenario_mistakes \
	    scenario_parse server server_cluster server_events server_folder \
	    server_hostile server_members server_parts sessions \
	    snapshot_file snapshot_file_choice transport_local \
	    transport_tcp_arrivals transport_tcp_arrivals_rules \
	    transport_tcp_guests transport_tcp_hostile transport_tcp_limits \
	    transport_tcp_link transport_tcp_notes transport_tcp_queue \
	    transport_tcp_unix transport_tls_files wire; do
		echo "tests/unit/${name}_test.c"
	done
	echo tests/system/system_test.c
}

passed=0
failed=0
tests >"$work/tests"
while read -r test; do
	name=$(basename "$test" .c)
	case " $* " in
	'  ' | *" $name "*) ;;
	*) continue ;;
	esac
	core=plain
	helpers="-I$plain"
	case $test in
	tests/core/*)
		core=masked
		helpers="-I$masked tests/core/rig.c tests/core/group.c"
		;;
	tests/unit/scenario*)
		core=masked
		helpers="-I$masked"
		;;
	esac
	mkdir -p "$work/tmp"
	# shellcheck disable=SC2086
	if compile "$test" $helpers -L"$root/usr/lib/$folder" \
	    -Wl,-rpath-link="$root/usr/lib/$folder" \
	    -Wl,--whole-archive "$work/lib$core.a" -Wl,--no-whole-archive \
	    "$work/libassists.a" -lcmocka -luv -lssl -lcrypto -ljansson \
	    -lmicrohttpd -lsqlite3 -lbsd -lm -o "$work/test" >"$work/said" 2>&1 &&
	    TEST_TMPDIR=$work/tmp timeout -k 10 "$patience" \
	    "qemu-$machine-static" -L "/usr/$triplet" -E \
	    "LD_LIBRARY_PATH=$root/usr/lib/$folder:/usr/$triplet/lib" \
	    "$work/test" >"$work/said" 2>&1; then
		passed=$((passed + 1))
	else
		status=$?
		failed=$((failed + 1))
		echo "FAILED $name on $machine"
		[ "$status" -ne 124 ] ||
		    echo "it was not over after $patience seconds"
		tail -n 15 "$work/said"
	fi
	rm -rf "$work/tmp"
done <"$work/tests"
echo "$machine: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
