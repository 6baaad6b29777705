#!/bin/sh
# Writes docs/catalogue.md: what goes wrong with Raft, the scenarios and tests that
# show it, and what they expect of which builds.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# With --check, from the root of the sources, it only compares. A scenario of the
# catalogue says so in its first line:
#
#     # Catalogue: S5, S6
#
# and the comment below, before the title or after it, says what it shows.
#
# tests/catalogue.txt has the rows. One without a scenario or a test, a scenario
# with a number that is no row or without a comment, and a test that does not
# exist, or whose name two have, are errors.
set -eu

[ "${1:-}" = --check ] || cd "$(dirname -- "$0")/.."
made=$(mktemp)
trap 'rm -f "$made"' EXIT
modules=$(sed -n '/^RAFT_MODULES = \[/,/^]/s/^ *"\(.*\)",/\1/p' raft.bzl)
# What some are in no build without.
with=$(sed -n '/^RAFT_WITH = {/,/^}/s/^ *"\(.*\)": \[\(.*\)\],/\1 \2/p' raft.bzl |
    tr -d '",' | paste -sd ';')

awk -v modules="$(echo $modules)" -v with="$with" '
function no(text) {
	print "catalogue: " text >"/dev/stderr"
	failed = 1
}

function trim(text) {
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	return text
}

# ----------------------------------------------------------------- the rows

function read_row(count, fields) {
	count = split($0, fields, "|")
	if (count != 3) {
		no("not NUMBER | WHAT | SOURCE: " $0)
		return
	}
	latest = trim(fields[1])
	if (latest != "S" (++rows))
		no(latest " stands where S" rows " should")
	order[++lines] = latest
	what[latest] = trim(fields[2])
	source[latest] = trim(fields[3])
}

FILENAME ~ /catalogue\.txt$/ {
	if (/^## /)
		order[++lines] = $0
	else if (/^S/)
		read_row()
	else if (/^\ttest: /)
		tests[latest] = tests[latest] " " substr($0, 8)
	else if (/^\tnote: /)
		note[latest] = note[latest] " " substr($0, 8)
	else if (/^\t/)
		note[latest] = note[latest] " " trim($0)
	else if (!/^#/ && !/^$/)
		no("what is this: " $0)
	next
}

# ---------------------------------------------------------------- the tests

FILENAME ~ /\.c$/ {
	if (FNR == 1) {
		program = FILENAME
		sub(/^tests\//, "", program)
		sub(/\.c$/, "", program)
		test[program] = "`" program "`"
	}
	if (match($0, /^[a-z0-9_]+\(void \*\*state\)/)) {
		name = substr($0, 1, index($0, "(") - 1)
		if (name in test)
			ambiguous[name] = test[name] " and `" program "`"
		test[name] = "`" program "`: " name
	}
	next
}

# ------------------------------------------------------------ the scenarios

# Whether a condition such as "prevote and not checkquorum" is true of a build.
function holds(condition, build, i, j, ors, ands, all, word, negated) {
	split(condition, ors, " or ")
	for (i = 1; i in ors; i++) {
		all = 1
		split(ors[i], ands, " and ")
		for (j = 1; j in ands; j++) {
			word = ands[j]
			negated = sub(/^not /, "", word)
			if (word in place)
				all = all && negated != has(build, place[word])
			else
				no(FILENAME " names the module " word)
		}
		if (all)
			return 1
	}
	return 0
}

function has(build, bit) {
	return int(build / 2 ^ bit) % 2
}

function is_build(build, i, j, lines, words) {
	split(with, lines, ";")
	for (i = 1; i in lines; i++) {
		split(lines[i], words, " ")
		for (j = 2; j in words; j++)
			if (has(build, place[words[1]]) &&
			    !has(build, place[words[j]]))
				return 0
	}
	return 1
}

function count_builds(condition, needed, build, count) {
	for (build = 0; build < 2 ^ module_count; build++)
		if (is_build(build) && (needed == "" || holds(needed, build)) &&
		    holds(condition, build))
			count++
	return count + 0
}

# What is counted is counted since the last mark.
function shorten(text) {
	sub(/^expect /, "", text)
	sub(/^run until /, "", text)
	sub(/ since mark/, "", text)
	return trim(text)
}

# To what is said under that key: once between two marks, which are semicolons.
function append(key, text) {
	if (key in said && marked[key] != mark)
		said[key] = said[key] "; "
	else if (index(", " latest_said[key] ", ", ", " text ", ") != 0)
		return
	else if (key in said)
		said[key] = said[key] ", "
	latest_said[key] = (marked[key] == mark ? latest_said[key] : "") \
	    ", " text
	marked[key] = mark
	said[key] = said[key] text
}

function read_numbers(i, numbers) {
	split(substr($0, length("# Catalogue: ") + 1), numbers, ", ")
	for (i = 1; i in numbers; i++) {
		if (!(numbers[i] in what))
			no(FILENAME " is said to show " numbers[i])
		files[numbers[i]] = files[numbers[i]] " " FILENAME
	}
}

function read_when(condition, text, key) {
	condition = substr($0, 6, index($0, ":") - 6)
	text = shorten(trim(substr($0, index($0, ":") + 1)))
	key = FILENAME SUBSEP condition
	if (!(key in said))
		conditions[FILENAME, ++condition_count[FILENAME]] = condition
	append(key, text)
}

function read_every(text) {
	text = shorten($0)
	if (text ~ /^(lost-acks|stale-reads|acks|refused|messages) /)
		return
	append(FILENAME, text)
}

# The comment at the head of a file, about its title, says what it shows.
function read_head() {
	if (/^# Copyright / || !/^(#|title )/)
		at_head = 0
	else if (/^# /)
		shows[FILENAME] = shows[FILENAME] " " substr($0, 3)
}

# Names that it gives: "A: leader", "B C: followers".
function read_let(i, count, given) {
	for (i = 2; i < NF && $i != "="; i++) {
		if ((FILENAME, $i) in named)
			return
		named[FILENAME, $i]
		given = given (i > 2 ? " " : "") $i
	}
	count = ++let_count[FILENAME]
	let_names[FILENAME, count] = given
	let[FILENAME, count] = given ": " trim(substr($0, index($0, "=") + 1))
}

FNR == 1 { at_head = 1 }
FNR == 1 && /^# Catalogue: / { read_numbers(); next }
/# Catalogue:/ { no(FILENAME ": a number stands in the first line") }
at_head { read_head() }
{ sub(/ *#.*/, ""); sub(/^ */, "") }
/^title / { title[FILENAME] = trim(substr($0, 7)) }
/^needs / {
	for (i = 2; i <= NF; i++)
		needs[FILENAME] = needs[FILENAME] \
		    (needs[FILENAME] == "" ? "" : " and ") $i
}
/^build / { mixed[FILENAME] = mixed[FILENAME] ", " trim(substr($0, 7)) }
/^let / { read_let() }
/^mark/ { mark++ }
/^when / { read_when() }
/^expect / { read_every() }

# ----------------------------------------------------------------- the page

# Those of the names that a file gives which stand in a text.
function legend(name, text, i, j, count, names, all) {
	gsub(/[^A-Za-z0-9]/, " ", text)
	for (i = 1; i <= let_count[name]; i++) {
		count = split(let_names[name, i], names, " ")
		for (j = 1; j <= count; j++)
			if (index(" " text " ", " " names[j] " ") != 0)
				break
		if (j <= count)
			all = all (all == "" ? "" : ", ") let[name, i]
	}
	return all == "" ? "" : " (" all ")"
}

function expected(name, i, condition, text, universe) {
	universe = 2 ^ module_count
	if (name in needs)
		universe = count_builds(needs[name])
	for (i = 1; i <= condition_count[name]; i++) {
		condition = conditions[name, i]
		text = text (i > 1 ? "<br>" : "") condition " (" \
		    count_builds(condition, needs[name]) "): " \
		    said[name, condition]
	}
	if (name in said)
		text = text (text == "" ? "" : "<br>") "all (" universe "): " \
		    said[name]
	return (name in mixed ? "<br>with " substr(mixed[name], 3) : "") \
	    (text == "" ? "" : "<br>") text
}

# In prose a capital A begins a sentence, and names nobody.
function behaviour(name, text, prose) {
	text = expected(name)
	prose = shows[name]
	gsub(/ A /, " ", prose)
	return substr(shows[name], 2) legend(name, prose " " text) text
}

function print_file(name, short) {
	if (!(name in shows))
		no(name ": no comment at its head says what it shows")
	short = name
	sub(/^.*\//, "", short)
	sub(/\.scenario$/, "", short)
	printf " [%s](../%s): %s | %s |\n", short, name, title[name],
	    behaviour(name)
}

function print_test(id, name) {
	if (!(name in test))
		no(id ": no test is called " name)
	else if (name in ambiguous)
		no(id ": two tests are called so: " ambiguous[name])
	else
		printf " %s | |\n", test[name]
}

function print_row(id, i, count, names) {
	printf "| %s | %s%s | %s |", id, what[id],
	    (id in note ? ". *" trim(note[id]) "*" : ""), source[id]
	count = split(files[id], names, " ")
	for (i = 1; i <= count; i++) {
		if (shown++)
			printf "| | | |"
		print_file(names[i])
	}
	count = split(tests[id], names, " ")
	for (i = 1; i <= count; i++) {
		if (shown++)
			printf "| | | |"
		print_test(id, names[i])
	}
	if (!shown)
		no(id " has neither scenario nor test")
	shown = 0
}

BEGIN {
	module_count = split(modules, name_of, " ")
	for (i = 1; i <= module_count; i++)
		place[name_of[i]] = i - 1
}

END {
	print "# What goes wrong with Raft, and what each build makes of it"
	print ""
	print "Outages that were reported, bugs that others shipped, and what"
	print "can be thought of besides. Each row is a scenario that anybody can"
	print "run (`raft-scenario --every-build --seeds 20 FILE`; all of them:"
	print "`./run catalogue`), or a test where a scenario cannot show it. The"
	print "last column is what a scenario shows, and in brackets whom it calls how;"
	print "then what it expects of which builds, and how many of the " \
	    2 ^ module_count
	print "these are; a semicolon is where its next part begins. T is an election"
	print "timeout, `unavailable` the longest wait of a client, `term-growth` how"
	print "far the term rose, and `leader-changes` are what a cluster at rest has"
	print "none of ([raft-scenario(5)](../assists/scenario/raft-scenario.5) has the"
	print "others). Written by `tests/catalogue.sh` from the files and"
	print "`tests/catalogue.txt`."
	for (l = 1; l <= lines; l++) {
		if (order[l] ~ /^##/) {
			printf "\n%s\n\n", order[l]
			printf "| | what happens | source | shown by |"
			print " what the builds do |"
			print "|---|---|---|---|---|"
		} else
			print_row(order[l])
	}
	if (rows != 76)
		no("there are " rows + 0 " rows, not 76")
	exit failed
}' tests/catalogue.txt tests/*/*.c extensions/*/scenarios/*.scenario \
    demos/scenarios/*.scenario tests/scenarios/*.scenario >"$made"

if [ "${1:-}" != --check ]; then
	cp "$made" docs/catalogue.md
elif ! diff docs/catalogue.md "$made"; then
	echo "catalogue: docs/catalogue.md is old: run tests/catalogue.sh" >&2
	exit 1
fi
