"""What was measured, as tables for a page, and drawn.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0
"""

import os
import platform
import subprocess
import sys
import time

# A page has these around what is to be replaced.
BEGIN = "<!-- ./run bench {} --page wrote this: -->"
END = "<!-- as far as here: {} -->"


def part(ordered, share):
    """What that share of them, in order, does not exceed."""
    if not ordered:
        return None
    return ordered[round(share * (len(ordered) - 1))]


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return None
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def figure(value, digits):
    """Small ones need what is behind the point."""
    if value is None:
        return "–"
    if value >= 100:
        digits = 0
    return f"{value:,.{digits}f}"


def count(value):
    """To three digits."""
    if value is None:
        return "–"
    for unit, name in [(1e6, " M"), (1e3, " k")]:
        if value >= unit:
            scaled = value / unit
            digits = 0 if scaled >= 100 else 1 if scaled >= 10 else 2
            return f"{scaled:.{digits}f}{name}"
    return f"{value:.0f}"


def ratio(value):
    return "–" if value is None else f"{value:.2f}"


def table(title, head, rows):
    lines = ["| " + " | ".join(row) + " |" for row in [head, *rows]]
    lines.insert(1, "|" + "---|" * len(head))
    return f"{title}:\n\n" + "\n".join(lines).replace("|  |", "| |")


# ------------------------------------------------------------------- the machine

def value_in(path, name):
    with open(path) as file:
        for line in file:
            if line.startswith(name):
                return line.split(":", 1)[1].strip()
    return "?"


def output_of(*command):
    try:
        ran = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return ran.stdout.strip()


class Facts:
    """When and where, and how busy others were when it began."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.busy = os.getloadavg()[0]

    def text(self):
        memory = int(value_in("/proc/meminfo", "MemTotal").split()[0])
        kind = output_of("findmnt", "-n", "-o", "FSTYPE", "-T",
                         self.arguments.folder) or "unknown file system"
        libraft = output_of("dpkg-query", "-W", "-f", "${Version}",
                            "libraft-dev")
        etcd = self.arguments.what == "cluster" and output_of(
            "dpkg-query", "-W", "-f", "${Version}", "etcd-server")
        lines = [
            f"{time.strftime('%Y-%m-%d')}; {os.cpu_count()} processors "
            f"({value_in('/proc/cpuinfo', 'model name')}), "
            f"{memory / 2**20:.0f} GiB, {kind}, "
            f"Linux {platform.release()}; {self.trials()}."]
        if kind == "tmpfs":
            lines.append("The files were in memory: no sync cost anything.")
        if libraft or etcd:
            lines.append("Debian's " + " and ".join(
                text for text in [libraft and f"libraft {libraft}",
                                  etcd and f"etcd {etcd}"] if text) + ".")
        if self.busy > os.cpu_count() / 4:
            lines.append(
                f"**The machine was busy with other work**: its load was "
                f"{self.busy:.1f} before the first trial. Figures are worse than "
                f"on a quiet one, and only those of one round can be compared.")
        return fill(" ".join(lines))

    def trials(self):
        rounds = self.arguments.rounds
        text = f"{rounds} round{'s' * (rounds > 1)} in turn"
        if self.arguments.what == "cluster":
            text += f", {self.arguments.seconds:g} s each, medians"
        return text


def fill(text):
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > 85:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return "\n".join(lines)


# ---------------------------------------------------------------- the page

class Page:
    """One that has a place for what such a benchmark says."""

    def __init__(self, path, what):
        self.path = path
        self.begin, self.end = BEGIN.format(what), END.format(what)
        with open(path) as file:
            text = file.read()
        self.before, _, rest = text.partition(self.begin)
        _, found, self.after = rest.partition(self.end)
        if not found:
            sys.exit(f"bench: {path} has no place for it: one line "
                     f"'{self.begin}' and then one '{self.end}'")

    def write(self, text):
        with open(self.path, "w") as file:
            file.write(f"{self.before}{self.begin}\n\n{text}\n\n"
                       f"{self.end}{self.after}")


def plot(path, cases, names, loads):
    """Entries a second, and how long one of a hundred took, by entries in
    flight."""
    blocks = []
    for name in names:
        blocks.append("\n".join(
            f"{case.labels[0]} {case.value('ops')} {case.value('p99_us')}"
            for case in cases if case.name == name and any(case.rounds)))
    drawn = [name for name, block in zip(names, blocks) if block]
    data = "\n\n\n".join(block for block in blocks if block)
    curves = ["plot " + ", ".join(
        f'$data index {i} using 1:{column} with linespoints title "{name}"'
        for i, name in enumerate(drawn)) for column in (2, 3)]
    script = f"""\
$data << END_OF_DATA
{data}
END_OF_DATA
set terminal svg size 900,400
set output "{path}"
set multiplot layout 1,2
set logscale xy
set xtics ({", ".join(map(str, loads))})
set grid ytics
set format y "%.0s%c"
set xlabel "entries in flight"
set key top left
set title "entries a second"
{curves[0]}
set title "p99, microseconds"
{curves[1]}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
