#!/bin/sh
# The packages are what they should be: lintian finds no error in them, and in a Debian
# with nothing else in it they install, docs/installed.md is followed with what they
# brought, and nothing of them is left when they are purged.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# As root, with a network: Debian is made anew by debootstrap. Arguments: the
# folder of the packages, and the root of our sources.
set -eu

packages=$(CDPATH='' cd -- "$1" && pwd)
top=$2
bare=$(mktemp -d)
failed=0

end() {
	for mount in proc dev/pts; do
		umount "$bare/$mount" 2>/dev/null || :
	done
	rm -rf --one-file-system "$bare"
}
trap end EXIT
trap 'exit 130' INT

no() {
	echo "packages: $*"
	failed=1
}

inside() {
	chroot "$bare" env -i HOME=/root DEBIAN_FRONTEND=noninteractive \
	    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

must() {
	"$@" >"$bare.said" 2>&1 || { tail -n 20 "$bare.said"; rm "$bare.said"; exit 1; }
	rm "$bare.said"
}

echo "packages: lintian"
# Whose they are is for whoever packages to say.
lintian --allow-root --fail-on error --tag-display-limit 0 --suppress-tags \
    bogus-mail-host,bogus-mail-host-in-debian-changelog,root-in-contact \
    "$packages"/*.deb ||
    no "lintian has found errors"

echo "packages: a bare Debian, about a minute"
must debootstrap --variant=minbase bookworm "$bare"
cp /etc/resolv.conf "$bare/etc/"
echo '127.0.0.1 localhost' >"$bare/etc/hosts"
mount -t proc proc "$bare/proc"
cp "$packages"/*.deb "$bare/tmp/"
echo "packages: installing them, and what the examples are built with"
must inside sh -c 'apt-get update && apt-get install -y --no-install-recommends \
    /tmp/*.deb gcc libc6-dev libcmocka-dev make cmake pkg-config'
inside sh -c 'raft-scenario --version && outrigger-certs --help' >/dev/null ||
    no "a program does not run"

mkdir -p "$bare/root/mine"
for file in counter.c ask.c kv.h kv.c kv_test.c log_file_test.c; do
	cat "$top/docs/service.md" "$top/docs/testing-your-machine.md" \
	    "$top/docs/your-log.md" |
	    awk -v file="(^|/)$file\$" '/^```/ { here = $2 ~ file; next } here' \
	    >"$bare/root/mine/$file"
done
sed -i 's|"kv/kv.h"|"kv.h"|' "$bare"/root/mine/*.c
cp "$top/tests/page.sh" "$bare/root/"
sed 's|/opt/outrigger|/usr|g' "$top/docs/installed.md" >"$bare/root/page.md"
counts=$(sed -n 's/.*page\.md" \([0-9]* [0-9]*\).*/\1/p' \
    "$top/tests/install/install_test.sh")
echo "packages: docs/installed.md, with what is installed"
# shellcheck disable=SC2086
inside sh -c "cd /root/mine && ../page.sh ../page.md $counts;
    status=\$?; kill -9 \$(cat pid) 2>/dev/null; exit \$status" || no "the page is not so"

inside apt-get purge -y liboutrigger0 liboutrigger-dev outrigger-tools \
    >/dev/null 2>&1 || no "they cannot be purged"
left=$(find "$bare/usr" "$bare/etc" "$bare/var/lib/dpkg/info" -name '*outrigger*')
[ -z "$left" ] || no "this was left: $left"
[ "$failed" -eq 0 ] && echo "packages: no error, all examples built, nothing left"
exit $failed
