# Complains about a page whose elements do not nest, whose text or attributes
# hold bare markup, that names something twice, refers to what is not in it, or
# refers to anything outside it. One element is closed as XML has it: <br/>.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0

function complain(what) {
	print FILENAME ": " what
	wrong = 1
}

function check_text(text,    rest) {
	rest = text
	gsub(/&(lt|gt|amp|quot|#39);/, "", rest)
	if (rest ~ /[<>&]/)
		complain("bare markup: " substr(text, 1, 100))
}

function check_attributes(text,    name, value) {
	while (match(text, /^[ \n]+[a-zA-Z-]+="[^"]*"/)) {
		name = value = substr(text, 1, RLENGTH)
		text = substr(text, RLENGTH + 1)
		sub(/^[ \n]+/, "", name)
		sub(/=.*/, "", name)
		sub(/^[^"]*"/, "", value)
		sub(/"$/, "", value)
		check_text(value)
		take_attribute(name, value)
	}
	if (text !~ /^[ \n]*$/)
		complain("no attribute: " substr(text, 1, 100))
}

function take_attribute(name, value,    i, parts, count) {
	if (name == "id" && value in ids)
		complain("two of id " value)
	if (name == "id")
		ids[value] = 1
	else if (name == "href" && value !~ /^#/)
		complain("a reference to elsewhere: " value)
	else if (name == "href")
		wanted[substr(value, 2)] = 1
	else if (name ~ /^on/ || name == "src" || name == "style")
		complain("an attribute that should not be: " name)
	if (name ~ /^aria-(labelled|described)by$/) {
		count = split(value, parts, " ")
		for (i = 1; i <= count; i++)
			wanted[parts[i]] = 1
	}
}

function take_element(element,    name) {
	name = element
	sub(/^\//, "", name)
	sub(/[ \n\/].*/, "", name)
	if (name == "script" || name == "link" || name == "img" ||
	    name == "iframe")
		complain("an element that should not be: " name)
	if (element ~ /^\//) {
		if (depth == 0 || open[depth] != name)
			complain("</" name "> closes <" open[depth] ">")
		depth--
		return
	}
	check_attributes(substr(element, length(name) + 1,
	    length(element) - length(name) - (element ~ /\/$/)))
	if (element !~ /\/$/)
		open[++depth] = name
}

# A record is what begins with "<", without it.
BEGIN {
	RS = "<"
}

/https?:|@import|url\([^#]/ {
	complain("it refers to something outside it: " $0)
}

NR == 1 && $0 != "" || NR == 2 && $0 != "!DOCTYPE html>\n" {
	complain("it does not begin as a page")
}

NR > 2 {
	end = index($0, ">")
	if (end == 0)
		complain("no end: <" substr($0, 1, 100))
	take_element(substr($0, 1, end - 1))
	check_text(substr($0, end + 1))
}

END {
	if (depth != 0)
		complain("<" open[depth] "> is not closed")
	if (NR < 3)
		complain("there is nothing in it")
	for (id in wanted) {
		if (!(id in ids))
			complain("a reference to id " id ", which is not there")
	}
	exit wrong
}
