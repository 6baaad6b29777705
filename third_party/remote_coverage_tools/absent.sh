#!/bin/sh
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
echo "coverage: this workspace has no coverage tools" >&2
exit 1
