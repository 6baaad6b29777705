#!/usr/bin/env python3
"""Puts everything of the lab into one page that asks for nothing else.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

Modules become two scripts, the page's and the worker's: each module is a function
that gives what the module exports, behind those that it imports. A policy in the
page allows the page's script and style, by their digests, the compiling of
WebAssembly, a worker from the page's own memory, and nothing from anywhere.
"""
import argparse
import base64
import hashlib
import html
import pathlib
import re

IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([a-z_]+)\.js";$',
                    re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:class|const|function) (\w+))",
                    re.MULTILINE)


def bundle(folder, name, seen=None):
    """A module as a script, behind the modules that it imports."""
    text = (folder / f"{name}.js").read_text()
    is_first = seen is None
    seen = set() if seen is None else seen
    seen.add(name)
    before = "".join(bundle(folder, other, seen)
                     for _, other in IMPORT.findall(text) if other not in seen)
    exports = ", ".join(word for _, word in EXPORT.findall(text))
    body = EXPORT.sub(r"\1", IMPORT.sub(r"const \1 = of_\2;", text))
    if is_first:
        return before + body
    return (f"{before}const of_{name} = (() => {{\n{body}\n"
            f"return {{ {exports} }};\n}})();\n")


def digest(text):
    packed = base64.b64encode(hashlib.sha256(text.encode()).digest())
    return "'sha256-" + packed.decode() + "'"


def policy(script, style):
    """What the page may do: run this, look so, begin a worker of its own."""
    return "; ".join([
        "default-src 'none'",
        "script-src " + digest(script) + " 'wasm-unsafe-eval'",
        "worker-src blob:",
        "style-src " + digest(style),
        "base-uri 'none'",
        "form-action 'none'",
    ])


def inert(name, text, **attributes):
    """A text that a browser keeps and does not run."""
    words = "".join(f' {key.replace("_", "-")}="{html.escape(value)}"'
                    for key, value in attributes.items())
    if "</script" in text or "<!--" in text:
        raise SystemExit(f"{name} cannot stand in a page")
    return f'<script type="text/plain"{words}>{text}</script>'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--html", type=pathlib.Path, required=True)
    parser.add_argument("--module", type=pathlib.Path, required=True)
    parser.add_argument("--lessons", type=pathlib.Path, nargs="+",
                        required=True)
    arguments = parser.parse_args()
    folder = arguments.html.parent
    script = bundle(folder, "lab")
    worker = bundle(folder, "worker")
    style = (folder / "page.css").read_text()
    module = base64.b64encode(arguments.module.read_bytes()).decode()
    lessons = sorted(arguments.lessons, key=lambda path: path.name)
    data = [inert("the worker", worker, id="worker"),
            inert("the module", module, id="module")]
    data += [inert(path.name, path.read_text(), **{"class": "lesson-text"},
                   data_name=path.stem) for path in lessons]
    parts = {
        "POLICY": html.escape(policy(script, style)),
        "STYLE": style,
        "DATA": "\n".join(data),
        "SCRIPT": script,
    }
    page = re.sub("@([A-Z]+)@", lambda match: parts[match.group(1)],
                  arguments.html.read_text())
    arguments.page.write_text(page)


if __name__ == "__main__":
    main()
