#!/bin/sh
# Puts what was built into place below a prefix, and takes it away again.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
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

# Links need a path that holds wherever they are read from.
must_be_prefix() {
	case $1 in
	/*) prefix=${1%/} ;;
	*) die "the prefix is a path from / on, such as /usr/local, not '$1'" ;;
	esac
	list=$destination$prefix/share/outrigger/installed
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

put() {
	kind=$1
	path=$2
	source=$3
	to=$destination$prefix/$path
	mkdir -p "$(dirname -- "$to")"
	case $kind in
	file) install -m "$(mode "$path")" "$source" "$to" ;;
	link) ln -sfn "$source" "$to" ;;
	esac
	echo "$path" >>"$scratch/installed"
}

# pkg-config's files say where they are.
configure() {
	sed -i -e "s|@PREFIX@|$prefix|" -e "s|@LIBDIR@|$libraries|" \
	    "$destination$prefix/$libraries"/pkgconfig/outrigger*.pc
}

# The functions' pages are made of the headers.
write_pages() {
	"$root/docs/man.sh" "$scratch/pages" \
	    $(grep -l '^RAFT_API' "$root"/raft/raft*.h)
	for page in "$scratch/pages"/*; do
		put file "share/man/man3/${page##*/}" "$page"
	done
}

# The loader has a list of what is in the system's folders.
refresh() {
	[ -z "$destination" ] && [ "$(id -u)" -eq 0 ] || return 0
	! command -v ldconfig >/dev/null || ldconfig
}

run_install() {
	[ $# -eq 3 ] || die "the manifest, its root, and the prefix are needed"
	manifest=$1
	root=$2
	must_be_prefix "$3"
	mkdir -p "$destination$prefix" 2>/dev/null &&
	    [ -w "$destination$prefix" ] ||
	    die "$destination$prefix cannot be written: ask someone who may, or give another prefix"
	# What a version before has left there, and this one does not have.
	[ ! -e "$list" ] || run_uninstall "$prefix"
	while read -r kind path source; do
		[ "$kind" = link ] || source=$root/$source
		put "$kind" "$(place "$path")" "$source"
	done <"$manifest"
	configure
	write_pages
	echo share/outrigger/installed >>"$scratch/installed"
	install -m 644 "$scratch/installed" "$list"
	refresh
	echo "installed: $(wc -l <"$list") files below $destination$prefix"
}

run_uninstall() {
	[ $# -eq 1 ] || die "the prefix is needed"
	must_be_prefix "$1"
	[ -e "$list" ] ||
	    die "nothing is installed below $destination$prefix: there is no $list"
	sort -u "$list" >"$scratch/old"
	while read -r path; do
		rm -f "$destination$prefix/$path"
		# Folders that nobody else has anything in.
		(cd "$destination$prefix" && rmdir -p --ignore-fail-on-non-empty \
		    "$(dirname -- "$path")") 2>/dev/null || :
	done <"$scratch/old"
	refresh
}

verb=${1:-}
[ $# -eq 0 ] || shift
destination=${DESTDIR:-}
libraries=${LIBDIR:-lib}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
: >"$scratch/installed"

case $verb in
install | uninstall) "run_$verb" "$@" ;;
*) die "install or uninstall, not '$verb'" ;;
esac
