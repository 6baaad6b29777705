#!/bin/sh
# Writes docs/rules.md: the thesis's rules, the function that keeps each, and
# the tests that show it.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# With --check, from the root of the sources, it only compares. A rule's mark in
# the code, whose words are the rule's, stands at the line that keeps it:
#
#     /* Rule 3.1/vote-1: a request of an older term is refused. */
#
# tests/rules.txt has the order and the tests. A rule without a mark or a test,
# a mark without a rule, a rule marked twice, and a test that does not exist are
# errors.
set -eu

[ "${1:-}" = --check ] || cd "$(dirname -- "$0")/.."
made=$(mktemp)
trap 'rm -f "$made"' EXIT

awk '
function no(text) {
	print "rules: " text >"/dev/stderr"
	failed = 1
}

# "Rule A: text. Rule B: text." of one comment.
function note_marks(comment, at, id, rest) {
	while (match(comment, /Rule [0-9][0-9.]*\/[a-z0-9-]+: /)) {
		id = substr(comment, RSTART + 5, RLENGTH - 7)
		rest = substr(comment, RSTART + RLENGTH)
		at = match(rest, / *Rule [0-9][0-9.]*\//)
		text = at > 0 ? substr(rest, 1, at - 1) : rest
		if (id in words)
			no(id " is marked twice: " FILENAME)
		words[id] = text
		file[id] = FILENAME
		place[id] = inside
		if (inside == "")
			waiting[++waiting_count] = id
		comment = substr(rest, at > 0 ? at : length(rest) + 1)
	}
}

function note_function(name, i) {
	for (i = 1; i <= waiting_count; i++)
		place[waiting[i]] = name
	waiting_count = 0
	latest = name
}

function read_source(at) {
	if (/^[a-z][a-z0-9_]*\(/)
		note_function(substr($0, 1, index($0, "(") - 1))
	else if (/^{/)
		inside = latest
	else if (/^}/)
		inside = ""
	if (comment == "" && !match($0, /\/\*\*? *Rule /))
		return
	line = $0
	sub(/^.*\/\*\*? */, "", line)
	sub(/^[ \t]*\*? */, "", line)
	comment = comment (comment == "" ? "" : " ") line
	at = index(comment, "*/")
	if (at == 0)
		return
	comment = substr(comment, 1, at - 1)
	sub(/ *$/, "", comment)
	note_marks(comment)
	comment = ""
}

function shown_by(id, count, names, name, i, all) {
	count = split(wanted[id], names, " ")
	for (i = 1; i <= count; i++) {
		name = names[i]
		if (!(name in test)) {
			no(id ": no test is called " name)
			continue
		}
		all = all (i > 1 ? "<br>" : "") "`" test[name] "`: " name
	}
	if (count == 0)
		no(id " has no test")
	return all
}

function rule(id) {
	listed[id] = 1
	if (id in programs) {
		if (id in words)
			no(id " is marked in the code, and said to be of the program")
		printf "| %s | %s | the program | |\n", id, programs[id]
		return
	}
	if (!(id in words)) {
		no(id " is marked nowhere in the code")
		return
	}
	printf "| %s | %s | `%s`: %s | %s |\n", id, words[id], file[id],
	    place[id], shown_by(id)
}

FILENAME ~ /rules\.txt$/ {
	if (/^#[^#]/ || /^#?$/)
		next
	order[++count] = $0
	if (/^## /)
		next
	order[count] = $1
	if ($2 == "program:")
		programs[$1] = substr($0, index($0, ": ") + 2) "."
	else
		wanted[$1] = substr($0, length($1) + 2)
	next
}

FILENAME ~ /^tests\// {
	if (match($0, /^[a-z0-9_]+\(void \*\*state\)/)) {
		name = FILENAME
		sub(/^tests\//, "", name)
		sub(/\.c$/, "", name)
		test[substr($0, 1, index($0, "(") - 1)] = name
	}
	next
}

FNR == 1 { inside = latest = comment = "" }
{ read_source() }

END {
	print "# Rules, and where they are kept"
	print ""
	print "Every rule of figures 3.1, 4.1 and 5.3 of the thesis (D. Ongaro,"
	print "Consensus: Bridging Theory and Practice, 2014) in our words, the"
	print "function that keeps it, where a comment `Rule ...` stands at the"
	print "line, and the tests that show it. Written by `tests/rules.sh` from"
	print "these comments and `tests/rules.txt`."
	for (i = 1; i <= count; i++) {
		if (order[i] ~ /^##/) {
			printf "\n%s\n\n", order[i]
			print "| rule | | kept by | shown by |"
			print "|---|---|---|---|"
		} else
			rule(order[i])
	}
	for (id in words)
		if (!(id in listed))
			no(id " is marked in " file[id] ", but not in rules.txt")
	exit failed
}' tests/rules.txt tests/*/*_test.c raft/*.c >"$made"

if [ "${1:-}" != --check ]; then
	cp "$made" docs/rules.md
elif ! diff docs/rules.md "$made"; then
	echo "rules: docs/rules.md is old: run tests/rules.sh" >&2
	exit 1
fi
