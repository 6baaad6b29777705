#!/bin/sh
# docs/modules.md shows what is so: a module that is made by its words, outside the
# repository and without a network, does as it says; and no file of ours changes. So
# does docs/testing-your-machine.md, in the same place.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the pages, page.sh, raft_extension.h, and a file at the root of the
# sources, which is a link to the real one. Their commands call Bazel, which gets
# outputs of its own.
set -eu

page=$PWD/$1
machine_page=$PWD/$2
follow=$PWD/$3
hooks=$PWD/$4
root=$(dirname "$(readlink -f "$5")")
failed=0
cd "$TEST_TMPDIR"

no() {
	echo "$*"
	failed=1
}

sum() {
	find outrigger -type f -exec cksum {} + | sort
}

# What was compiled by an earlier run, of the same sources, is not compiled again: that
# is most of the time. It is kept beside the outputs of the Bazel outside.
cache=${TEST_TMPDIR%%/execroot/*}
cache=${cache%%/sandbox/*}/tutorial-cache
[ "$cache" != "$TEST_TMPDIR/tutorial-cache" ] || cache=$TEST_TMPDIR/outputs/cache
[ ! -d "$cache" ] || [ "$(du -sm "$cache" | cut -f 1)" -lt 500 ] ||
    { chmod -R u+w "$cache"; rm -rf "$cache"; }

# Bazel with little memory and no network, and without its owner's habits.
mkdir bin outrigger mine first
cat >bin/bazel <<END
#!/bin/sh
exec "$(command -v "${BAZEL:-bazel}")" --nohome_rc --bazelrc="$PWD/rc" \
    --output_user_root="$PWD/outputs" --max_idle_secs=60 \
    --host_jvm_args=-Xmx512m --host_jvm_args=-XX:TieredStopAtLevel=1 \
    --host_jvm_args=-XX:+UseSerialGC "\$@"
END
chmod +x bin/bazel
# Which commands are called does not hang on where this test runs.
printf 'build --%s\n' "disk_cache=$cache" incompatible_strict_action_env >rc
PATH=$PWD/bin:$PATH
HOME=$PWD
http_proxy=http://127.0.0.1:9
https_proxy=$http_proxy
export PATH HOME http_proxy https_proxy
# Whatever is run here is no test of the Bazel outside.
unset TEST_TARGET TEST_UNDECLARED_OUTPUTS_DIR
trap 'cd "$TEST_TMPDIR/mine" && bazel shutdown >/dev/null 2>&1
    chmod -R u+w "$TEST_TMPDIR" && rm -rf "$TEST_TMPDIR/outputs"' EXIT

(cd "$root" && tar -cf - BUILD LICENSE README.md WORKSPACE assists demos docs \
    extensions raft raft.bzl tests third_party) | tar -xf - -C outrigger
sum >before
(cd mine && "$follow" "$page" 8 26) || failed=1
(cd mine && "$follow" "$machine_page" 7 10) || failed=1
awk '/^```c$/ { quote = 1; next } /^```/ { quote = 0 } quote' "$machine_page" |
    cmp - "$root/tests/simulation/counter.c" ||
    no "the page quotes another test of the counter"
(cd first && "$follow" "$root/README.md" 4 0 && bazel build //:first) >said 2>&1 &&
    first/bazel-bin/first | tail -n 1 | grep -qx 'entry 3 is committed' ||
    { no "README's example does not build or run:"; cat said; }
(cd first && bazel shutdown >/dev/null 2>&1)
sum >after
cmp before after || no "a file of ours has changed"
[ "$(wc -l <before)" -ge 100 ] || no "the sources are not there"
# What the pages' last tests said goes by in "...".
[ -L mine/bazel-testlogs ] &&
    grep -q '^5 runs: 5 ok' mine/bazel-testlogs/succession/heir_test/test.log ||
    no "the module's own test did not pass"
grep -q '^100 trials, 0 failed' mine/bazel-testlogs/kv/kv_test/test.log ||
    no "the machine's test did not pass"

# What it quotes is in the module, and no hook is left out.
awk '/^```c$/ { quote = 1; at++; next }
	/^```/ { quote = 0 }
	quote { print >("quote" at) }' "$page"
for quote in quote*; do
	cat mine/succession/succession.[ch] | awk '
		FILENAME == ARGV[1] { wanted = wanted $0 "\n"; next }
		{ has = has $0 "\n" }
		END { exit index(has, wanted) == 0 }' "$quote" - ||
	    { no "the page quotes what is not in the module:"; cat "$quote"; }
done
[ "$(ls quote* | wc -l)" -ge 5 ] || no "quotes were expected"
names=$(sed -n 's/.*(\*\([a-z_]*\))(.*/\1/p' "$hooks" | grep -vx change)
[ "$(echo "$names" | wc -l)" -ge 17 ] || no "too few hooks: $names"
for name in $names; do
	grep -Eq "^    .*[!?>] $name\$|^    .*  $name\$" "$page" ||
	    no "in no picture of the page: $name"
done
exit $failed
