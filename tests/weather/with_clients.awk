# A scenario with clients enough for their answers to be judged: they read from all
# servers in turn, deposed leaders too, and where nobody writes some has been written
# before anything happens.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
{
	lines[NR] = $0
	reads = reads || $1 == "reads"
	writes = writes || $1 == "client"
}

END {
	for (i = 1; i <= NR; i++) {
		print lines[i]
		if (!reads && lines[i] ~ /^nodes /)
			print "reads every 0.1T at all"
		if (!writes && lines[i] ~ /^run until stable/) {
			print "propose 5"
			print "run until logs equal within 2T"
			writes = 1
		}
	}
}
