# Complains about words of one drawing that lie upon one another: terms, what was
# done, and what arrows say. A drawing moves all that is in a band downwards.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0

# A character is about so wide, and words so high, in units of the drawing; where
# they meet by less nobody minds.
BEGIN {
	RS = "<"
	width = 4.4
	height = 7
}

function attribute(name,    value) {
	value = $0
	if (!sub(".* " name "=\"", "", value))
		return 0
	sub(/".*/, "", value)
	return value
}

function check(left, top, text,    right, i) {
	right = left + width * length(text)
	for (i = 1; i <= count; i++) {
		if (left < rights[i] && lefts[i] < right &&
		    top < tops[i] + height && tops[i] < top + height)
			print "'" text "' lies upon '" texts[i] "' in " drawing
	}
	count++
	lefts[count] = left
	rights[count] = right
	tops[count] = top
	texts[count] = text
	seen++
}

/^svg / {
	count = down = 0
	drawing = "drawing " (++drawings)
}

/^g .*translate\(0 / {
	down = $0
	sub(/.*translate\(0 /, "", down)
	sub(/\).*/, "", down)
}

# In the middle of what was done there stands the number of its line.
/^g class="(deed|mark)"/ {
	middle = 1
}

/^\/g>/ {
	middle = 0
}

/^text / && (/class="(term|label)/ || middle) {
	text = $0
	sub(/^[^>]*>/, "", text)
	left = attribute("x") - (middle ? width * length(text) / 2 : 0)
	check(left, attribute("y") + down, text)
}

END {
	exit seen == 0
}
