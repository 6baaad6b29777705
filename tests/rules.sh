#!/bin/sh
# Writes docs/rules.md, and the end of each module's README: the thesis's rules,
# the function that keeps each, and the tests and scenarios that show it.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# With --check, from the root of the sources, it only compares. A rule's mark in
# the code, whose words are the rule's, stands at the line that keeps it:
#
#     /* Rule 3.1/vote-1: a request of an older term is refused. */
#
# tests/rules.txt has the order, the tests and the scenarios. A rule without a mark
# or a test, a mark without a rule, a rule marked twice, and a test or a scenario
# that does not exist, or a test whose name two have, are errors.
set -eu

[ "${1:-}" = --check ] || cd "$(dirname -- "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

heading="## Rules, and where they are kept"
pages=$(sed -n 's/^> //p' tests/rules.txt)

# What stands there already, and is written by hand.
for page in $pages; do
	mkdir -p "$made/$(dirname "$page")"
	awk -v heading="$heading" '$0 == heading { exit }
/^$/ { empty++; next }
{ for (; empty > 0; empty--) print ""; print }' "$page" >"$made/$page"
done
mkdir -p "$made/docs"

awk -v made="$made" -v heading="$heading" '
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

function shown_by(id, wanted, count, names, name, i, all) {
	count = split(wanted, names, " ")
	for (i = 1; i <= count; i++) {
		name = names[i]
		if (name in ambiguous)
			no(id ": " name " stands in " ambiguous[name])
		if (name in test)
			name = "`" test[name] "`: " name
		else if (name in scenario)
			name = "`" scenario[name] "`"
		else
			no(id ": no test or scenario is called " name)
		all = all (i > 1 ? "<br>" : "") name
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
		printf "| %s | %s | the program | |\n", id, programs[id] >page
		return
	}
	if (!(id in words)) {
		no(id " is marked nowhere in the code")
		return
	}
	printf "| %s | %s | `%s`: %s | %s |\n", id, words[id], file[id],
	    place[id], shown_by(id, wanted[id]) >page
}

function begin_page(name) {
	close(page)
	page = made "/" name
	print "\n" heading "\n" >>page
	print "By the section of the thesis (D. Ongaro, Consensus: Bridging" >page
	print "Theory and Practice, 2014) that they are about, in our words, with" >page
	print "what practice has added to it since: the function that keeps each" >page
	print "rule, where a comment `Rule ...` stands at the line, and the tests" >page
	print "and scenarios that show it. Written by `tests/rules.sh` from these" >page
	print "comments and `tests/rules.txt`." >page
}

# "* sentence | shown ..."
function interplay(line, at) {
	at = index(line, " | ")
	printf "| | %s | | %s |\n", substr(line, 3, at - 3),
	    shown_by(line, substr(line, at + 3)) >page
}

FILENAME ~ /rules\.txt$/ {
	if (/^#[^#]/ || /^#?$/)
		next
	order[++count] = $0
	if (/^[#>*]/)
		next
	order[count] = $1
	if ($2 == "program:")
		programs[$1] = substr($0, index($0, ": ") + 2) "."
	else
		wanted[$1] = substr($0, length($1) + 2)
	next
}

FILENAME ~ /\.scenario$/ {
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.scenario$/, "", name)
	scenario[name] = FILENAME
	nextfile
}

FILENAME ~ /^tests\// {
	if (match($0, /^[a-z0-9_]+\(void \*\*state\)/)) {
		name = FILENAME
		sub(/^tests\//, "", name)
		sub(/\.c$/, "", name)
		called = substr($0, 1, index($0, "(") - 1)
		if (called in test)
			ambiguous[called] = test[called] " and " name
		test[called] = name
	}
	next
}

FNR == 1 { inside = latest = comment = "" }
{ read_source() }

END {
	page = made "/docs/rules.md"
	print "# Rules, and where they are kept" >page
	print "" >page
	print "Every rule of figures 3.1, 4.1 and 5.3 of the thesis (D. Ongaro," >page
	print "Consensus: Bridging Theory and Practice, 2014) in our words, the" >page
	print "function that keeps it, where a comment `Rule ...` stands at the" >page
	print "line, and the tests that show it. Written by `tests/rules.sh` from" >page
	print "these comments and `tests/rules.txt`. Those of the modules stand in" >page
	print "`extensions/NAME/README.md`." >page
	for (i = 1; i <= count; i++) {
		if (order[i] ~ /^>/)
			begin_page(substr(order[i], 3))
		else if (order[i] ~ /^\*/)
			interplay(order[i])
		else if (order[i] ~ /^#/) {
			printf "\n%s\n\n", order[i] >page
			print "| rule | | kept by | shown by |" >page
			print "|---|---|---|---|" >page
		} else
			rule(order[i])
	}
	for (id in words)
		if (!(id in listed))
			no(id " is marked in " file[id] ", but not in rules.txt")
	exit failed
}' tests/rules.txt tests/*/*_test.c tests/scenarios/*.scenario \
    extensions/*/scenarios/*.scenario raft/*.c extensions/*/*.c

for page in docs/rules.md $pages; do
	if [ "${1:-}" != --check ]; then
		cp "$made/$page" "$page"
	elif ! diff "$page" "$made/$page"; then
		echo "rules: $page is old: run tests/rules.sh" >&2
		exit 1
	fi
done
