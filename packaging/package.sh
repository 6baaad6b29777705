#!/bin/sh
# Debian packages of what ./run install puts into place: liboutrigger0, liboutrigger-dev
# and outrigger-tools.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the manifest, its root, and the folder that gets the packages. In the
# environment: DEBFULLNAME and DEBEMAIL, whoever packages; SOURCE_DATE_EPOCH, when.
set -eu

manifest=$1
root=$2
out=$3
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

arch=$(dpkg --print-architecture)
triplet=$(dpkg-architecture -q DEB_HOST_MULTIARCH)
version=$(sed -n 's/^#define RAFT_VERSION "\(.*\)"/\1/p' "$root/raft/raft.h")
version=$version-1
whose="${DEBFULLNAME:-The Outrigger Authors} <${DEBEMAIL:-$(id -un)@$(hostname)}>"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date +%s)}
export SOURCE_DATE_EPOCH
day=$(date -R -u -d "@$SOURCE_DATE_EPOCH")

DESTDIR=$stage/all LIBDIR=lib/$triplet "$here/install.sh" install "$manifest" \
    "$root" /usr >"$stage/said"
(cd "$stage/all" && rm usr/share/outrigger/installed &&
    find usr -type f -o -type l | sort >"$stage/files")

# Which package a file belongs to.
owner() {
	case $1 in
	usr/lib/*.so.*) echo liboutrigger0 ;;
	usr/bin/* | */man1/* | */man5/* | */bash-completion/* | */scenarios/* | */doc/*)
		echo outrigger-tools
		;;
	*) echo liboutrigger-dev ;;
	esac
}

while read -r file; do
	package=$(owner "$file")
	mkdir -p "$stage/$package/$(dirname "$file")"
	mv "$stage/all/$file" "$stage/$package/$file"
done <"$stage/files"

# As Debian wants them: pages and papers compressed, no symbols for debuggers, the
# licence referred to.
finish() {
	tree=$stage/$1
	papers=$tree/usr/share/doc/$1
	mkdir -p "$papers" "$tree/DEBIAN"
	# Ours stand under the name of the program that they are about.
	if [ "$1" = outrigger-tools ]; then
		mv "$tree/usr/share/doc/outrigger"/* "$papers"
		rmdir "$tree/usr/share/doc/outrigger"
		rm "$papers/LICENSE"
	fi
	cat >"$papers/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: outrigger

Files: *
Copyright: 2026 The Outrigger Authors
License: Apache-2.0
 On Debian systems the licence is in /usr/share/common-licenses/Apache-2.0.
END
	cat >"$papers/changelog.Debian" <<END
outrigger ($version) unstable; urgency=medium

  * Packaged from the sources by ./run package.

 -- $whose  $day
END
	gzip -9n "$papers/changelog.Debian"
	[ ! -d "$tree/usr/share/man" ] ||
	    find "$tree/usr/share/man" -type f -exec gzip -9n {} +
	[ ! -d "$tree/usr/bin" ] || strip "$tree/usr/bin"/*
	find "$tree" -name '*.so.*' -type f -exec strip --strip-unneeded {} +
	find "$tree" -name '*.a' -exec strip --strip-debug -D {} +
	find "$tree" -type d -exec chmod 755 {} +
	chmod -R u+w "$tree"
}

# What its programs and libraries are linked with.
depends() {
	mkdir -p "$stage/shlibs/debian"
	echo "Source: outrigger" >"$stage/shlibs/debian/control"
	(cd "$stage/shlibs" && dpkg-shlibdeps -O \
	    -l"$stage/liboutrigger0/usr/lib/$triplet" \
	    -L"$stage/liboutrigger0/DEBIAN/shlibs" "$@") >"$stage/depends" \
	    2>"$stage/said" || { cat "$stage/said" >&2; return 1; }
	sed -n 's/^shlibs:Depends=//p' "$stage/depends" | tr , '\n' |
	    sed 's/^ *//; /^liboutrigger0/d' | paste -s -d , | sed 's/,/, /g'
}

control() {
	cat >"$stage/$1/DEBIAN/control" <<END
Package: $1
Source: outrigger
Version: $version
Architecture: $arch
Multi-Arch: $5
Maintainer: $whose
Section: $2
Priority: optional
Installed-Size: $(du -k -s "$stage/$1/usr" | cut -f 1)
Depends: $4
Description: $3
$(cat)
END
	(cd "$stage/$1" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
	dpkg-deb --root-owner-group --build "$stage/$1" "$out" >/dev/null
	echo "$out/$1_${version}_$arch.deb"
}

mkdir -p "$out"
rm -f "$out"/liboutrigger*.deb "$out"/outrigger-tools*.deb
for package in liboutrigger0 liboutrigger-dev outrigger-tools; do
	finish $package
done
libraries=$stage/liboutrigger0
for library in "$libraries/usr/lib/$triplet"/*.so.*; do
	name=${library##*/}
	echo "${name%.so.*} ${name##*.so.} liboutrigger0 (>= ${version%-*})"
done >"$libraries/DEBIAN/shlibs"
echo "activate-noawait ldconfig" >"$libraries/DEBIAN/triggers"

of_libraries=$(depends "$libraries/usr/lib/$triplet"/*.so.*)
of_tools=$(depends "$stage"/outrigger-tools/usr/bin/*)
control liboutrigger0 libs "Raft consensus for C programs: shared libraries" \
    "$of_libraries" same <<'END'
 Outrigger gives a program Raft consensus as an internal service. The core does
 no input and output; further libraries bring logs, transports over TCP and TLS,
 a server kit, and a simulator.
END
control liboutrigger-dev libdevel "Raft consensus for C programs: development files" \
    "liboutrigger0 (= $version), libuv1-dev, libssl-dev, libbsd-dev, libjansson-dev, libmicrohttpd-dev, libsqlite3-dev" \
    same <<'END'
 Headers, archives, pkg-config files, manual pages, and the amalgamation, which
 is the core with all modules in one file.
END
control outrigger-tools utils "Raft consensus for C programs: tools" \
    "$of_tools" foreign <<'END'
 The simulator's scenario language (raft-scenario), certificates for a cluster
 (outrigger-certs), what operators of a cluster use, and the documentation.
END
