# Names every symbol of a header that has no comment: functions, structs, enums
# and their members, macros. A comment that begins with two stars stands right
# before what it is about.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0

function want(symbol) {
	if (!documented && !(symbol in named)) {
		printf "%s:%d: %s is not documented\n", FILENAME, FNR, symbol
		failed = 1
	}
	documented = 0
}

# The last word before what is around a name: "(*store)(void *)" is store.
function name_of(line) {
	sub(/^.*\(\*/, "", line)
	sub(/( =|[\[\(,;)]).*$/, "", line)
	sub(/^.*[ *]/, "", line)
	return line
}

FNR == 1 { body = skip = comment = documented = "" }

# What is skipped: the rest of a comment, of a macro, of a declaration.
comment {
	comment = !/\*\//
	if (/\\def /)
		named[$NF] = 1
	next
}
skip != "" {
	# Each line of an X-list names a symbol, and its text.
	if (/^\tX\(/ && !/"[^"]+"/)
		want($0)
	if (declaration != "" && /\(/) {
		want(name_of(declaration $0))
		declaration = ""
	}
	if ($0 ~ skip)
		skip = ""
	next
}
/^\t*\/\*/ {
	documented = /^\t*\/\*\*/
	if (/\\def /)
		named[$3] = 1
	comment = !/\*\//
	next
}

/^#define / {
	name = $2
	sub(/\(.*/, "", name)
	# The guard of the header; the parts of an X-list.
	if (name !~ /_(H|CODE)$/)
		want(name)
	if (/\\$/)
		skip = "[^\\\\]$"
	next
}
/^(enum|struct) [a-z_0-9]+ \{/ {
	want($2)
	body = $1
	next
}
/^(extern )?RAFT_API / || /^static inline / || /^typedef / {
	skip = /^static/ ? "^}" : ";$"
	if (/\(/ || /;$/)
		want(name_of($0))
	else
		declaration = $0 " "
	if ($0 ~ skip)
		skip = ""
	next
}
/^}/ { body = "" }
body != "" && /^\tunion / {
	want("a union")
	skip = "^\t}"
	next
}
body == "enum" && /^\t *[A-Z][A-Z_0-9]*( =.*)?,?$/ {
	want(name_of($1))
}
body == "struct" && /^\t[a-z]/ {
	want(name_of($0))
	if (!/;$/)
		skip = ";$"
}
{ documented = 0 }

END { exit failed }
