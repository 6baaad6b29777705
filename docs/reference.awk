# What Doxygen is to read of a header: its first comment as the page of the file,
# and each line of an X-list as an enumerator with its text. Lines keep their
# numbers.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0

NR == 1 && $0 == "/*" {
	print "/** \\file"
	next
}

/^ \* (Copyright|SPDX)/ {
	print " *"
	next
}

# #define LIST(X)
/^#define [A-Z_]+\(X\)/ {
	list = $2
	sub(/\(.*/, "", list)
}

#	X(NAME, "text")
list != "" && /^\tX\(/ {
	name = text = $0
	sub(/^\tX\(/, "", name)
	sub(/,.*/, "", name)
	sub(/^[^"]*"/, "", text)
	sub(/"[^"]*$/, "", text)
	names[list] = names[list] name ";"
	texts[list] = texts[list] text ";"
}

list != "" && !/\\$/ {
	list = ""
}

# #define CODE(name, text) PREFIX##name,
/^#define [A-Z_]+_CODE\(.*##/ {
	prefix = $0
	sub(/##.*/, "", prefix)
	sub(/.*[) ]/, "", prefix)
	print ""
	next
}

/^#undef [A-Z_]+_CODE$/ {
	print ""
	next
}

#	LIST(CODE)
/^\t[A-Z_]+\([A-Z_]+_CODE\)$/ {
	list_used = $1
	sub(/\(.*/, "", list_used)
	count = split(names[list_used], name_of, ";")
	split(texts[list_used], text_of, ";")
	for (i = 1; i < count; i++)
		printf "\t/** %s */ %s%s,", text_of[i], prefix, name_of[i]
	print ""
	next
}

{
	print
}
