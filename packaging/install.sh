#!/bin/sh
# Puts what was built into place below a prefix, and takes it away again.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
#	install.sh check PREFIX
#	install.sh install MANIFEST ROOT PREFIX
#	install.sh uninstall PREFIX
#
# The manifest has a line for each file ("file PATH SOURCE") and link ("link PATH
# TARGET"): PATH is below the prefix, SOURCE below ROOT. What was installed is listed
# in share/outrigger/installed. In the environment: DESTDIR stands before
# the prefix wherever something is written; LIBDIR is where libraries go, below
# the prefix, lib if it is not set.
set -eu

die() {
	echo "$verb: $*" >&2
	exit 1
}

# Paths are written into files of pkg-config's, which takes no blank, and read
# wherever the reader is.
must_be_plain() {
	case $2 in
	'' | *[!A-Za-z0-9/._+~-]*)
		die "$1 is made of letters, digits and /._+~-, not '$2'"
		;;
	esac
}

must_be_prefix() {
	case $1 in
	/*) prefix=${1%/} ;;
	*) die "the prefix is a path from / on, such as /usr/local, not '$1'" ;;
	esac
	must_be_plain "the prefix" "$1"
	must_be_plain LIBDIR "$libraries"
	case $libraries in
	/*) die "LIBDIR is below the prefix, such as lib64, not '$libraries'" ;;
	esac
	here=$destination$prefix
	list=$here/share/outrigger/installed
}

# The nearest folder that is there is ours to write to.
must_be_ours() {
	folder=$here
	while [ ! -e "$folder" ]; do
		folder=$(dirname -- "$folder")
	done
	[ -d "$folder" ] && [ -w "$folder" ] ||
	    die "$folder cannot be written: ask someone who may, give another prefix, or set DESTDIR"
}

place() {
	case $1 in
	lib/*) echo "$libraries/${1#lib/}" ;;
	*) echo "$1" ;;
	esac
}

mode() {
	case $1 in
	bin/*) echo 755 ;;
	*) echo 644 ;;
	esac
}

# Folders that were not there are ours, to be taken away again.
make_folder() {
	[ ! -d "$here/$1" ] || return 0
	case $1 in
	*/*) make_folder "${1%/*}" ;;
	esac
	mkdir -p "$here/$1"
	echo "$1/" >>"$scratch/folders"
	[ ! -e "$list" ] || echo "$1/" >>"$list"
}

put() {
	kind=$1
	path=$2
	source=$3
	make_folder "${path%/*}"
	case $kind in
	file) install -m "$(mode "$path")" "$source" "$here/$path" ;;
	link) ln -sfn "$source" "$here/$path" ;;
	esac
}

# pkg-config's files say where they are.
configure() {
	sed -i -e "s|@PREFIX@|$prefix|" -e "s|@LIBDIR@|$libraries|" \
	    "$here/$libraries"/pkgconfig/outrigger*.pc
}

# All there is to install, as in the manifest; the functions' pages are made of the
# headers.
gather() {
	while read -r kind path source; do
		[ "$kind" = link ] || source=$root/$source
		echo "$kind $(place "$path") $source"
	done <"$manifest"
	"$root/docs/man.sh" "$scratch/pages" \
	    $(grep -l '^RAFT_API' "$root"/raft/raft*.h)
	for page in "$scratch/pages"/*; do
		echo "file share/man/man3/${page##*/} $page"
	done
}

# The loader has a list of what is in the system's folders.
refresh() {
	[ -z "$destination" ] && [ "$(id -u)" -eq 0 ] || return 0
	! command -v ldconfig >/dev/null || ldconfig
}

run_check() {
	[ $# -eq 1 ] || die "the prefix is needed"
	must_be_prefix "$1"
	must_be_ours
}

# At each moment all that is there is in the list, so that whatever becomes of this, it
# can be done again, or undone.
run_install() {
	[ $# -eq 3 ] || die "the manifest, its root, and the prefix are needed"
	manifest=$1
	root=$2
	run_check "$3"
	gather >"$scratch/all"
	: >"$scratch/folders"
	: >"$scratch/before"
	[ ! -e "$list" ] || cp "$list" "$scratch/before"
	make_folder ''
	make_folder share/outrigger
	cut -d ' ' -f 2 "$scratch/all" >"$scratch/paths"
	echo share/outrigger/installed >>"$scratch/paths"
	cat "$scratch/before" "$scratch/folders" "$scratch/paths" >"$list"
	while read -r kind path source; do
		put "$kind" "$path" "$source"
	done <"$scratch/all"
	configure
	# What an older version has left there, and this one does not have.
	grep -v '/$' "$scratch/before" | grep -vxFf "$scratch/paths" |
	    while read -r path; do
		rm -f "$here/$path"
	done
	{ grep '/$' "$scratch/before" || :; cat "$scratch/folders" "$scratch/paths"; } |
	    sort -u >"$scratch/list"
	install -m 644 "$scratch/list" "$list"
	refresh
	echo "installed: $(wc -l <"$scratch/paths") files below $here"
}

run_uninstall() {
	[ $# -eq 1 ] || die "the prefix is needed"
	must_be_prefix "$1"
	[ -e "$list" ] || die "nothing is installed below $here: there is no $list"
	# The deepest folders first, once their files are gone.
	sort -r "$list" >"$scratch/old"
	grep -v '/$' "$scratch/old" | while read -r path; do
		rm -f "$here/$path"
	done
	{ grep '/$' "$scratch/old" || :; } | while read -r path; do
		rmdir "$here/$path" 2>/dev/null || :
	done
	refresh
}

verb=${1:-}
[ $# -eq 0 ] || shift
destination=${DESTDIR:-}
libraries=${LIBDIR:-lib}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

case $verb in
check | install | uninstall) "run_$verb" "$@" ;;
*) die "check, install or uninstall, not '$verb'" ;;
esac
