"""The changes that can be made to a line of C, one at a time.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

They work on text and know the project's style: operators stand between
spaces, a statement begins its line. What does not compile is no mutant, so a
rule may say too much. Lines that promise nothing are left alone: assertions,
traces, declarations.
"""

import re

# Each left text becomes each of the right ones.
OPERATORS = {
    "boundary": {" < ": [" <= "], " <= ": [" < "], " > ": [" >= "],
                 " >= ": [" > "]},
    "comparison": {" < ": [" >= "], " > ": [" <= "], " <= ": [" > "],
                   " >= ": [" < "], " == ": [" != "], " != ": [" == "]},
    "arithmetic": {" + ": [" - "], " - ": [" + "], " * ": [" / "],
                   " / ": [" * "], " % ": [" / "], "++": ["--"], "--": ["++"],
                   " += ": [" -= ", " = "], " -= ": [" += ", " = "]},
    "bits": {" & ": [" | "], " | ": [" & "], " |= ": [" = ", " &= "],
             " &= ": [" = ", " |= "], " << ": [" >> "], " >> ": [" << "]},
    "logic": {" && ": [" || "], " || ": [" && "]},
}
ERRNOS = ["EINVAL", "ENOMEM", "EIO", "ENOENT", "EPROTO"]
# Their arguments may stand either way round.
SYMMETRIC = ("raft__least", "raft__same", "strcmp", "strncmp", "memcmp",
             "least", "calloc")
# Of characters, whose room nobody sees while there is enough of it.
ROOM = re.compile(r"\s*(static |const )*(char|uint8_t) \w+\[")
# Of a sign; -2 is as good as -1, where neither is a descriptor or a place.
BELOW_ZERO = re.compile(r"([=(,?:]|return) -$")
# Of descriptors, of which 0 is no other than 1.
DESCRIPTOR = re.compile(r"\b(fd|file|socket)( (>=|<) )?$")
# Of what is so long or so many one more is as good; twice and half are not.
MANY = 1000
# Statements that nothing depends on, from their first line to their last.
MUTE = re.compile(r"\s*(raft_assert|assert|abort|static_assert|_Static_assert|"
                  r"raft__trace|trace|\(void\))\b")
LITERAL = re.compile(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|/\*.*?\*/|//.*')
IN_COMMENT = re.compile(r"^\s*(/?\*)")


def blank(line):
    """The line with literals and comments made of spaces."""
    line = LITERAL.sub(lambda m: "_" + "~" * (len(m.group()) - 2) + "_"
                       if m.group()[0] in "\"'" else " " * len(m.group()),
                       line)
    return line.split("/*")[0]


class Source:
    """A file's lines, and which of them may be changed."""

    def __init__(self, path, text):
        self.path = path
        self.lines = text.split("\n")
        self.code = self._code()
        self.eligible = self._eligible()

    def _code(self):
        code, comment = [], False
        for line in self.lines:
            if comment:
                comment = "*/" not in line
                code.append("")
                continue
            code.append(blank(line))
            bare = LITERAL.sub("", line)
            comment = "/*" in bare
        return code

    def _eligible(self):
        eligible, depth, mute, body = [], 0, False, False
        for number, code in enumerate(self.code):
            if code.startswith("#"):
                if re.match(r"#define \w+(\(.*?\))? .*[\d<>+*&|-]", code):
                    eligible.append(number)
                continue
            if depth == 0 and code.startswith("{"):
                body = True
            mute = mute or bool(MUTE.match(code))
            # Within a function or, in a source, a table.
            if depth > 0 and not mute and code.strip(" \t{};") and \
                    (body or not self.path.endswith(".h")):
                eligible.append(number)
            depth += code.count("{") - code.count("}")
            body = body and depth > 0
            mute = mute and not code.rstrip().endswith(";")
        return eligible

    def before(self, number):
        """The last code above."""
        while number > 0:
            number -= 1
            if self.code[number].strip():
                return self.code[number].rstrip()
        return ""


def replaced(line, begin, end, text):
    return line[:begin] + text + line[end:]


def operators(source, number):
    code, line = source.code[number] + " ", source.lines[number] + " "
    for kind, table in OPERATORS.items():
        for old, news in table.items():
            for match in re.finditer(re.escape(old), code):
                if kind == "boundary" and \
                        DESCRIPTOR.search(code[:match.start()]):
                    continue
                for new in news:
                    yield kind, replaced(line, *match.span(), new).rstrip()


def constants(source, number):
    code, line = source.code[number], source.lines[number]
    for match in re.finditer(r"(?<![\w.])(0x[0-9a-fA-F]+|\d+)(?=[uUlL]*\b|\))",
                             code):
        octal = re.fullmatch("0[0-7]+", match.group())
        value = int(match.group(), 8 if octal else 0)
        before = code[:match.start()]
        kept = ROOM.match(code) or BELOW_ZERO.search(before) or \
            DESCRIPTOR.search(before)
        many = value >= MANY and not match.group().startswith("0x")
        larger = value if kept else 2 * value if many else value + 1
        less = value // 2 if many else max(value - 1, 0)
        for new in {larger, less} - {value}:
            yield "constant", replaced(line, *match.span(), str(new))
    for match in re.finditer(r"\b(true|false)\b", code):
        other = "false" if match.group() == "true" else "true"
        yield "constant", replaced(line, *match.span(), other)
    for match in re.finditer(r"\bE[A-Z]{2,}\b", code):
        for new in ERRNOS:
            if new != match.group():
                yield "name", replaced(line, *match.span(), new)


def names(source, number):
    """Another constant of the same family, as this file names it."""
    code, line = source.code[number], source.lines[number]
    family = r"\b([A-Z][A-Z0-9]*_[A-Z0-9]+)_[A-Z0-9_]+\b|\b(RAFT)_[A-Z0-9]+\b"
    known = sorted({m.group() for c in source.code
                    for m in re.finditer(family, c)})
    for match in re.finditer(family, code):
        prefix = (match.group(1) or match.group(2)) + "_"
        for new in known:
            if new != match.group() and new.startswith(prefix) and \
                    (match.group(1) or new.count("_") == 1):
                yield "name", replaced(line, *match.span(), new)


def closing(code, begin):
    """Where the parenthesis at `begin` is closed; -1: in another line."""
    depth = 0
    for at in range(begin, len(code)):
        depth += (code[at] == "(") - (code[at] == ")")
        if depth == 0:
            return at
    return -1


def conditions(source, number):
    code, line = source.code[number], source.lines[number]
    match = re.match(r"\s*(} )?(else )?(if|while) \(", code)
    end = closing(code, match.end() - 1) if match else -1
    if end > 0:
        inside = line[match.end():end]
        for new in [f"!({inside})"] + ["false", "true"] * \
                (match.group(3) == "if"):
            yield "condition", replaced(line, match.end(), end, new)
    for match in re.finditer(r"!(?=[\w(])", code):
        yield "negation", replaced(line, *match.span(), "")
    match = re.search(r"[^?]\? ([^?:]+) : ([^?:;]+)(?=[;,)])", code)
    if match:
        a, b = (line[slice(*match.span(i))] for i in (1, 2))
        yield "condition", replaced(line, match.start(1), match.end(2),
                                    f"{b} : {a}")


def terms(source, number):
    """A conjunct or disjunct that is lost."""
    code, line = source.code[number], source.lines[number]
    before = source.before(number)
    marks = [(m.start(), m.end(), m.group())
             for m in re.finditer(r"&&|\|\|", code)]
    if before.endswith(("&&", "||")):
        marks.insert(0, (0, len(code) - len(code.lstrip()), before[-2:]))
    for begin, end, operator in marks:
        neutral = "true" if operator == "&&" else "false"
        right = operand(code, end, 1)
        left = operand(code, begin, -1)
        if line[end:right].strip():
            text = replaced(line, end, right, f" {neutral}")
            yield "term", text if begin else line[:end] + text[end:].lstrip()
        if line[left:begin].strip():
            yield "term", replaced(line, left, begin, f"{neutral} ")


def operand(code, at, step):
    """To where the operand beside an operator reaches, in this line."""
    depth = 0
    while 0 <= (at if step > 0 else at - 1) < len(code):
        c = code[at if step > 0 else at - 1]
        depth += step * ((c == "(") - (c == ")"))
        ahead = code[at:at + 2] if step > 0 else code[max(at - 2, 0):at]
        if depth < 0 or depth == 0 and (c in "?:;,{}" or
                                        ahead in ("&&", "||")):
            break
        if step < 0 and depth == 0 and \
                re.search(r"(\breturn|[^=!<>]=|^\s*)\s$", code[:at]):
            break
        at += step
    return at


def arguments(source, number):
    code, line = source.code[number], source.lines[number]
    word = r"[&*!]?[\w.>\[\]-]+"
    for match in re.finditer(rf"(\w+)\(((?:{word}, )*?)({word}), ({word})"
                             r"(?=[,)])", code):
        if not match.group(1).startswith(SYMMETRIC):
            yield "arguments", replaced(line, match.start(3), match.end(4),
                                        f"{match.group(4)}, {match.group(3)}")


def deletions(source, number):
    """A statement or an initializer is lost, a value not returned."""
    code, line = source.code[number], source.lines[number]
    indent = line[:len(line) - len(line.lstrip())]
    whole = code.strip()
    starts = source.before(number).endswith((";", "{", "}", ":", ")", "else"))
    if starts and re.match(r"(?!return|else|case|default|goto)[\w*(].*;$",
                           whole) and whole.count("(") == whole.count(")"):
        yield "deletion", indent + ";"
    if re.match(r"\.\w+ = .*,$", whole) and \
            whole.count("(") == whole.count(")"):
        yield "deletion", ""
    match = re.match(r"\s*return (?!RAFT_\w+;|true|false|\d+;)(.+);$", code)
    if match:
        for new in ("0", "1"):
            yield "value", f"{indent}return {new};"


def changes(source, number):
    """All that may become of a line, by kind of change."""
    found = {}
    for rule in (operators, constants, names, conditions, terms, arguments,
                 deletions):
        for kind, line in rule(source, number):
            if line != source.lines[number]:
                found.setdefault(kind, []).append(line)
    return found
