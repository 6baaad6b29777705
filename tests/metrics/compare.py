#!/usr/bin/env python3
# Compares what is served with what docs/metrics.md, its alerts and the dashboard name.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the page, the dashboard, a file of rules to be written with each
# expression of the dashboard, and the texts that were served, a leader's first.
import json
import re
import sys

page, dashboard, rules, *served = sys.argv[1:]
wrong = []


def complain(text):
    wrong.append(text)


# ------------------------------------------------------------------ what is served

types = {}  # of families
labels = {}  # names of the labels that a family has
series = {}  # of each name that a query can have: its samples' labels, as texts


def read(path, is_leaders):
    family = None
    for line in open(path):
        head = re.match(r"# TYPE (\S+) (\S+)$", line)
        if head:
            family = head[1]
            types[family] = head[2]
            labels.setdefault(family, set())
        elif not line.startswith("#"):
            name, inside = re.match(r"(\w+)(?:\{(.*)\})? \S+$", line).groups()
            series.setdefault(name, []).append(inside or "")
            labels[family] |= set(re.findall(r'(\w+)="', inside or "")) - {"le"}
    if is_leaders:
        for family in types:
            if not any(name.startswith(family) for name in series):
                complain(f"a leader serves no sample of {family}")


for at, path in enumerate(served):
    read(path, at == 0)

# ------------------------------------------------------------------------ the page

text = open(page).read()
rows = re.findall(r"^\| `(outrigger_\w+)` \| (\w+) \| (.*?) \|", text, re.M)
documented = {name: (kind, set(re.findall(r"`(\w+)`", of))) for name, kind, of in rows}
if len(documented) != len(rows):
    complain("a metric has two rows")
for name in sorted(types.keys() | documented.keys()):
    if name not in documented:
        complain(f"{name} is served and has no row")
    elif name not in types:
        complain(f"{name} has a row and is not served")
    elif documented[name] != (types[name], labels[name]):
        complain(f"{name}: {documented[name]} by the page, "
                 f"{(types[name], labels[name])} as it is served")

# ------------------------------------------------------------------- what is asked

def check(query, whose):
    """Each name, and each pair of a label and its value, is served."""
    names = re.findall(r"(outrigger_\w+)(?:\{(.*?)\})?", query)
    if not names and not query.startswith("up{"):
        complain(f"{whose} asks for nothing of ours: {query}")
    for name, inside in names:
        if name not in series:
            complain(f"{whose} asks for {name}, which is not served")
            continue
        for pair in re.findall(r'\w+="[^"$]+"', inside or ""):
            if not any(pair in one for one in series[name]):
                complain(f"{whose} asks for {name}{{{pair}}}, which is not served")


panels = [p for p in json.load(open(dashboard))["panels"] if p["type"] != "row"]
queries = [(p["title"], t["expr"]) for p in panels for t in p["targets"]]
if len(panels) < 8:
    complain(f"there are but {len(panels)} panels")
for title, query in queries:
    check(query, f"the panel '{title}'")
alerts = re.findall(r"^ +expr: (.*)$", text, re.M)
if len(alerts) < 5:
    complain(f"there are but {len(alerts)} alerts")
for query in alerts:
    check(query, "an alert")

# As Grafana fills them in.
with open(rules, "w") as out:
    out.write("groups:\n- name: dashboard\n  rules:\n")
    for at, (title, query) in enumerate(queries):
        query = re.sub(r"\$__rate_interval", "5m", query)
        query = re.sub(r"\$\w+", "x", query)
        out.write(f"  - record: panel:{at}\n    expr: {json.dumps(query)}\n")

print("\n".join(wrong) or f"{len(documented)} metrics, {len(queries)} queries, "
      f"{len(alerts)} alerts: all of them are served")
sys.exit(1 if wrong else 0)
