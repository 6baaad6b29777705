#!/bin/sh
# What the page's interpreter makes of scenarios is what raft-scenario does, byte
# for byte of every trace, and in every metric.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: same.mjs, the interpreter in JavaScript, the compiled one,
# raft-scenario, scenarios.
set -eu

exec node "$@"
