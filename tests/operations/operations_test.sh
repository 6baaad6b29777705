#!/bin/sh
# docs/operations.md shows what is so: every command of it, on real processes, and the
# unit that it has for systemd.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the page, page.sh, another build of the counter, and the programs.
set -eu

follow=$PWD/$2
# Ports of this run alone, below those that the kernel gives away.
ports=$(($(date +%N | sed 's/^0*//') % 200 + 104))
places="s/127\.0\.0\.1:70/127.0.0.1:$ports/g
	s/127\.0\.0\.1:80/127.0.0.1:$((ports + 1))/g"
sed "$places" "$1" >"$TEST_TMPDIR/page.md"
mkdir "$TEST_TMPDIR/bin" "$TEST_TMPDIR/next"
cp "$3" "$TEST_TMPDIR/next/counter"
shift 3
for program; do
	cp "$program" "$TEST_TMPDIR/bin"
done
cd "$TEST_TMPDIR"
PATH=$PWD/bin:$PATH

end() {
	for file in data/*.pid; do
		[ ! -f "$file" ] || kill -9 "$(cat "$file")" 2>/dev/null || :
	done
}
trap end EXIT

"$follow" page.md 3 85 || {
	tail -n 20 data/*.log
	exit 1
}

# A command of the unit, for server 6: the page has stopped it.
unit() {
	sed -n "s/^$1=//p" outrigger@.service |
	    sed 's/%i/6/g; s|/usr/local/bin/||g'
}

# What systemd would be told, until it is told that the server stops.
cat >systemd.py <<'END'
import os, signal, socket, subprocess, sys

told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
place = "@outrigger.%d" % os.getpid()
told.bind(place.replace("@", "\0"))
told.settimeout(60)
server = subprocess.Popen(["sh", "-c", "exec " + sys.argv[1]],
                          env=dict(os.environ, NOTIFY_SOCKET=place))

def hear(word):
    while word not in told.recv(4096).decode().split("\n"):
        pass

hear("READY=1")
subprocess.run(["sh", "-c", sys.argv[2]], check=True)
server.send_signal(signal.SIGTERM)
hear("STOPPING=1")
sys.exit(server.wait())
END
grep -q '^Type=notify$' outrigger@.service
python3 systemd.py "$(unit ExecStart)" "$(unit ExecReload)"
