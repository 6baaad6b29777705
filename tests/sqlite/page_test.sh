#!/bin/sh
# What docs/sqlite.md shows of the ledger is what the ledger has.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the page, the ledger.
set -eu

awk '
	NR == FNR { ledger = ledger $0 "\n"; next }
	/^```c$/ { inside = 1; shown = ""; next }
	/^```$/ && inside {
		inside = 0
		count++
		if (index(ledger, "\n" shown) == 0) {
			print "the ledger does not have this:\n" shown
			failed = 1
		}
	}
	inside { shown = shown $0 "\n" }
	END {
		print count " parts of the ledger are shown"
		exit failed || count < 4
	}' "$2" "$1"
