#!/bin/sh
# The table of docs/proof.md: bazel run -c opt //tests/model:table [-- --full]
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: --full for those that take minutes; checkers.
set -eu

full=
for checker; do
	case $checker in
	--full) full=$checker ;;
	esac
done
for checker; do
	[ "$checker" != --full ] || continue
	printf '\n| %s | what may happen | states | steps | s | states a second | MiB |\n' \
	    "$(basename "$checker" | sed 's/check_//')"
	echo '|---|---|---|---|---|---|---|'
	# shellcheck disable=SC2086
	"$checker" --table $full 2>/dev/null
done
