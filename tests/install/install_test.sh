#!/bin/sh
# What is installed is enough, without Bazel and without our sources: docs/installed.md
# is followed by its words, each header stands alone in C and in C++, and
# uninstalling leaves nothing.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: install.sh, the page, page.sh, docs/service.md,
# docs/testing-your-machine.md and docs/your-log.md.
set -eu

root=$PWD
install=$PWD/$1
page=$PWD/$2
follow=$PWD/$3
service_page=$PWD/$4
machine_page=$PWD/$5
log_page=$PWD/$6
prefix=$TEST_TMPDIR/prefix
failed=0
cd "$TEST_TMPDIR"
# What the page's service listens at.
end() {
	[ ! -f mine/pid ] || kill -9 "$(cat mine/pid)" 2>/dev/null || :
}
trap end EXIT

no() {
	echo "$*"
	failed=1
}

put() {
	"$install" install "$root/packaging/manifest" "$root" "$1"
}

# ------------------------------------------------------------ what is there

# Folders that were there, and are not ours.
mkdir -p "$prefix/bin" "$prefix/share/man"
put "$prefix" >said || { cat said; exit 1; }
for file in lib/liboutrigger.so lib/liboutrigger-server.a bin/raft-scenario \
    share/man/man1/outrigger-certs.1 share/man/man3/raft_start.3 \
    include/outrigger/raft/raft_extension.h; do
	[ -s "$prefix/$file" ] || no "not installed: $file"
done
find "$prefix" -type f ! -path '*/bin/*' -perm /111 >executable
[ ! -s executable ] || { no "executable:"; cat executable; }

PKG_CONFIG_PATH=$prefix/lib/pkgconfig
LD_LIBRARY_PATH=$prefix/lib
export PKG_CONFIG_PATH LD_LIBRARY_PATH
headers=$(cd "$prefix/include/outrigger" && find . -name '*.h' | sed 's|^\./||')
[ "$(echo "$headers" | wc -l)" -ge 20 ] || no "more headers were expected: $headers"
flags=$(pkg-config --cflags outrigger-server)
[ "$(pkg-config --modversion outrigger)" = "$(sed -n \
    's/^#define RAFT_VERSION "\(.*\)"/\1/p' "$prefix/include/outrigger/raft/raft.h")" ] ||
    no "pkg-config has another version than the header"
for header in $headers; do
	case $header in
	# For modules, which are compiled with the core.
	raft/raft_extension.h | raft/raft_module.h) continue ;;
	esac
	echo "#include \"$header\"" >alone.c
	# shellcheck disable=SC2086
	gcc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only $flags alone.c ||
	    no "not by itself in C: $header"
	# shellcheck disable=SC2086
	g++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only -x c++ $flags alone.c ||
	    no "not by itself in C++: $header"
done
# An archive has all that it needs.
for library in outrigger outrigger-node outrigger-transport outrigger-server \
    outrigger-conformance outrigger-sqlite outrigger-sim outrigger-trials; do
	echo 'int main(void) { return 0; }' >empty.c
	# shellcheck disable=SC2046
	gcc empty.c -o empty -Wl,--whole-archive "$prefix/lib/lib$library.a" \
	    -Wl,--no-whole-archive $(pkg-config --static --libs "$library" |
	    sed "s/-l$library\b//g") || no "lib$library.a lacks something"
done

# ------------------------------------------------------- the page's examples

mkdir mine
# Of the other pages, what stands under these names.
for file in counter.c ask.c kv.h kv.c kv_test.c log_file_test.c; do
	cat "$service_page" "$machine_page" "$log_page" | awk -v file="(^|/)$file\$" \
	    '/^```/ { here = $2 ~ file; next } here' >"mine/$file"
done
sed -i 's|"kv/kv.h"|"kv.h"|' mine/*.c
ports=$(($(date +%N | sed 's/^0*//') % 2200 + 1024))
sed "s|/opt/outrigger|$prefix|g; s/700\([0-9]\)/$ports\1/g; s/8001/${ports}8/g" "$page" >page.md
(cd mine && "$follow" "$TEST_TMPDIR/page.md" 3 20) || failed=1
end

# ----------------------------------------------------------- and gone again

# By another's leave, and with the path of a distribution's libraries.
DESTDIR=$TEST_TMPDIR/staged LIBDIR=lib/x86_64-linux-gnu put /usr >said ||
    { cat said; failed=1; }
grep -q '^libdir=${prefix}/lib/x86_64-linux-gnu$' \
    staged/usr/lib/x86_64-linux-gnu/pkgconfig/outrigger.pc ||
    no "pkg-config would look elsewhere"
grep -rl "$TEST_TMPDIR" staged && no "staged files know where they were staged"

# What is somebody's stays, what an older version had goes.
echo mine >"$prefix/lib/libmine.a"
touch "$prefix/lib/liboutrigger-old.so.0"
echo lib/liboutrigger-old.so.0 >>"$prefix/share/outrigger/installed"
put "$prefix" >said
[ ! -e "$prefix/lib/liboutrigger-old.so.0" ] || no "an older version's file stayed"
"$install" uninstall "$prefix"
[ "$(cd "$prefix" && find . | sort | paste -s -d ' ' -)" = \
    ". ./bin ./lib ./lib/libmine.a ./share ./share/man" ] ||
    { no "this was left, or taken:"; find "$prefix"; }
! "$install" uninstall "$prefix" 2>said || no "uninstalled twice"
grep -q 'nothing is installed' said || { no "not said:"; cat said; }
refuses() {
	sentence=$1
	shift
	! env "$@" "$install" install "$root/packaging/manifest" "$root" "$to" \
	    >said 2>&1 || no "taken: $*, $to"
	grep -q "$sentence" said || { no "not said: $sentence"; cat said; }
}
to=relative/path refuses 'a path from / on' A=B
to="$TEST_TMPDIR/a blank" refuses 'made of letters' A=B
to=$prefix refuses 'LIBDIR is below the prefix' LIBDIR=/usr/lib64

# One that is cut short half-way can be undone, and leaves nothing either.
{ head -n 59 "$root/packaging/manifest"; echo 'file lib/missing not-there'; } >half
! "$install" install "$TEST_TMPDIR/half" "$root" "$TEST_TMPDIR/cut" >said 2>&1 ||
    no "what is not there was installed"
[ "$(find cut -type f | wc -l)" -ge 50 ] || no "nothing was installed half-way"
"$install" uninstall "$TEST_TMPDIR/cut"
[ ! -e cut ] || { no "half of it stays:"; find cut; }
exit $failed
