#!/bin/bash
# docs/kv.md shows what is so: its commands say what it says they do.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC1091,SC2154
set -eu

page=$PWD/docs/kv.md
follow=$PWD/tests/page.sh
. tests/kv/common.sh

mkdir bin data
ln -s "$kv" "$ctl" bin
trap 'cd data; end' EXIT
for id in 1 2 3; do
	echo "s/700$id/$ports$id/g; s/600$id/$(client_port $id)/g"
done >ports
sed -f ports "$page" >page.md
"$follow" page.md 0 14
