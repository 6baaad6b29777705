#!/bin/sh
# The worker, without a page.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: worker.mjs, and what that has.
set -eu

exec node "$@"
