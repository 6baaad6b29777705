#!/bin/sh
# .ci/run fails where a test does, on another machine or here, and where one does not
# end; only what cannot be tried there is passed over.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# The argument is .ci/run.
set -eu

work=${TEST_TMPDIR:-$(mktemp -d)}
mkdir -p "$work/.ci"
cp "$1" "$work/.ci/run"
# In the place of ./run: it ends as it is told to, there and here.
cat >"$work/run" <<'END'
#!/bin/sh
case $* in
'test --on '*) exit "$THERE" ;;
test) exit "$HERE" ;;
*) exit 99 ;;
esac
END
chmod +x "$work/run"

# With these two, it ends so.
expect() {
	status=0
	THERE=$1 HERE=$2 "$work/.ci/run" >"$work/said" 2>&1 || status=$?
	[ "$status" -eq "$3" ] || {
		echo "there $1, here $2: status $status, not $3"
		cat "$work/said"
		exit 1
	}
}

expect 0 0 0
expect 2 0 0
tail -n 1 "$work/said" | grep -q 'passed over: it cannot be tried here; on this machine: passed$'
expect 1 0 1
tail -n 1 "$work/said" | grep -q ': FAILED; on this machine: passed$'
expect 0 1 1
expect 2 1 1
# As timeout ends, and a shell that was killed, or did not find something.
for status in 124 127 134 137 139 143; do
	expect "$status" 0 1
done
