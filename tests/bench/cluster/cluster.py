#!/usr/bin/env python3
"""Contenders side by side: three servers each, on this machine, with durable logs.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

What one contender does under one load, its program says in a line (trial.c); here they
are called in turn, round after round, so that whatever else the machine does hits all
of them alike; medians are taken, and ratios pair by pair: within one round.

Exit status: 1 if a contender failed in every round of something, 2 if it cannot be run.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import page

LOADS = [1, 16, 64, 256, 1024]
OURS, TRIMMED, IN_LOOP, SECURE, CLOSED, LIBRAFT, FLOOR, ETCD = \
    "outrigger", "outrigger, trimmed", "outrigger, no thread", \
    "outrigger, TLS", "outrigger, disconnect", "libraft", "floor", "etcd"
# Requests that are not answered when the time is over do not count.
ETCD_SECONDS_MIN = 2
SLOW_MS = 20
FAR_MS = 40

USAGE = """\
usage: ./run bench cluster [OPTION...]
       ./run bench failover [OPTION...]

cluster: three servers on 127.0.0.1, with their files on this machine's disk, keep 1,
16, 64, 256 and 1024 entries of 128 bytes in flight: entries a second, how long they
took, CPU time of all servers, syncs of the leader. In turn: the floor (the same
bytes and syncs, and no Raft), ours over TCP, with a log that grows and one that
snapshots trim, without a thread for the disk, and over TLS, libraft (libraft-dev) with
one raft_apply for all entries that a turn freed, and etcd (etcd-server), asked from
outside by h2load (nghttp2-client). Then with snapshots, with one disk slow, and far away from
each other. Some twenty minutes.

failover: the one that leads is killed (kill -9): milliseconds until an entry of
another is committed, with default timeouts; ours, with the module disconnect and
without, beside libraft. Each server's process has a client that tries each millisecond.

  --rounds N           of each (5; failover: 50)
  --seconds S          of each trial (2)
  --quick              in a minute: 1 round, half a second, three loads, nobody is
                       far away (failover: 5 rounds); no more than a look
  --loads N,...        in the place of 1,16,64,256,1024
  --folder DIR         where the servers' folders are (/var/tmp): on a real disk
Only a part of it:
  --load               the loads
  --snapshots          with snapshots every 100,000 and 10,000 entries
  --slow-follower[=MS] each sync of one follower, then of the leader, takes so much
                       longer (20)
  --far[=MS]           one follower, then both, are so far away, each way (40):
                       entries a second with 1024 in flight, beside what the window
                       allows: 1024 in each round trip
And of the whole:
  --plot FILE.svg      gnuplot draws the loads
  --page FILE          write the tables into this page, in the place of those there
  --help               this
"""


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def die(text):
    print(f"bench: {text}", file=sys.stderr)
    sys.exit(2)


# --------------------------------------------------------------- contenders

class Contenders:
    """Those that are there, and how to call them."""

    def __init__(self, programs, folder):
        here = os.path.dirname(os.path.abspath(__file__))
        self.folder = folder
        self.commands = {
            FLOOR: [f"{programs}/floor"],
            OURS: [f"{programs}/outrigger"],
            TRIMMED: [f"{programs}/outrigger", "--snapshot-every", "10000"],
            IN_LOOP: [f"{programs}/outrigger", "--in-loop"],
            SECURE: [f"{programs}/outrigger", "--tls"],
            CLOSED: [f"{programs}/outrigger_disconnect"],
            LIBRAFT: [f"{programs}/libraft"],
            ETCD: [f"{here}/etcd.sh"],
        }
        if not os.path.exists(f"{programs}/libraft"):
            self.leave_out(LIBRAFT, "libraft-dev")
        if not (shutil.which("etcd") and shutil.which("h2load")):
            self.leave_out(ETCD, "etcd-server or nghttp2-client")

    def leave_out(self, name, package):
        say(f"{name} is left out, for want of {package}")
        del self.commands[name]

    def among(self, names):
        return [name for name in names if name in self.commands]

    def measure(self, case):
        """What the program says, by name; None: it failed."""
        command = self.commands[case.name] + case.options + \
            ["--folder", self.folder]
        ran = subprocess.run(command, capture_output=True, text=True)
        said = dict(re.findall(r"(\w+)=([\d.]+)", ran.stdout))
        if ran.returncode == 0 and said:
            return {key: float(value) for key, value in said.items()}
        say(f"{case.name} {' '.join(case.options)} failed: "
            f"{ran.stderr.strip() or ran.stdout.strip()}")
        return None


class Case:
    """One contender under one load. `labels` begin its row."""

    def __init__(self, name, labels, *options):
        self.name = name
        self.labels = labels
        self.options = [str(option) for option in options]
        self.rounds = []

    def value(self, key):
        return page.median([said[key] for said in self.rounds if said])

    def ratio(self, other, key="ops"):
        """To another case: the median of the rounds' ratios."""
        if other is None:
            return None
        return page.median([mine[key] / its[key] for mine, its
                            in zip(self.rounds, other.rounds)
                            if mine and its and its[key] > 0])


def run(cases, contenders, rounds):
    for number in range(rounds):
        for case in cases:
            said = contenders.measure(case)
            case.rounds.append(said)
            if said:
                told = " ".join(f"{k}={v:g}" for k, v in said.items()
                                if k != "in_flight")
                labels = ", ".join(map(str, case.labels))
                say(f"round {number + 1} of {rounds}: {labels}: {told}")
    silent = [case for case in cases if not any(case.rounds)]
    for case in silent:
        say(f"{case.name} never came to an end: {' '.join(case.options)}")
    return not silent


def load_options(in_flight, name, arguments):
    seconds = arguments.seconds
    if name == ETCD:
        seconds = max(seconds, ETCD_SECONDS_MIN)
    return "--in-flight", in_flight, "--seconds", seconds


# ------------------------------------------------------------------ sections

def find(cases, *labels):
    return next((c for c in cases if c.labels == labels), None)


COSTS = [("p50 us", "p50_us", 0), ("p99 us", "p99_us", 0),
         ("p99.9 us", "p999_us", 0), ("CPU us an entry", "cpu_us", 2),
         ("syncs/s", "syncs", 0)]


def costs(case):
    return [page.figure(case.value(key), digits) for _, key, digits in COSTS]


COSTS_HEAD = [title for title, _, _ in COSTS]


def compared(cases, kind):
    """Rows: each beside the same contender, under the same load, of that kind."""
    return [[*map(str, case.labels), page.count(case.value("ops")),
             page.ratio(case.ratio(find(cases, *case.labels[:2], kind))),
             *costs(case)] for case in cases]


def loads_section(contenders, arguments):
    names = contenders.among([FLOOR, OURS, TRIMMED, IN_LOOP, SECURE, LIBRAFT,
                              ETCD])
    cases = [Case(name, (n, name), *load_options(n, name, arguments))
             for n in arguments.loads for name in names]
    whole = run(cases, contenders, arguments.rounds)
    rows = []
    for case in cases:
        floor, libraft = (find(cases, case.labels[0], name)
                          for name in (FLOOR, LIBRAFT))
        rows.append([*map(str, case.labels), page.count(case.value("ops")),
                     page.ratio(case.ratio(floor)),
                     page.ratio(case.ratio(libraft)),
                     page.ratio(case.ratio(floor, "p99_us")), *costs(case)])
    head = ["in flight", "", "entries/s", "to the floor", "to libraft",
            "p99 to the floor's", *COSTS_HEAD]
    if arguments.plot:
        page.plot(arguments.plot, cases, names, arguments.loads)
    return whole, page.table("So many entries in flight", head, rows)


def snapshots_section(contenders, arguments):
    loads = [n for n in arguments.loads if n >= 256] or arguments.loads[-1:]
    kinds = [("none", 0), ("100,000", 100000), ("10,000", 10000)]
    cases = [Case(name, (n, name, kind), *load_options(n, name, arguments),
                  *(["--snapshot-every", every] if every else []))
             for n in loads for name in contenders.among([OURS, LIBRAFT])
             for kind, every in kinds]
    whole = run(cases, contenders, arguments.rounds)
    head = ["in flight", "", "a snapshot every", "entries/s", "to none",
            *COSTS_HEAD]
    return whole, page.table("With snapshots of 64 KiB", head,
                             compared(cases, "none"))


def slow_section(contenders, arguments):
    ms = arguments.slow_follower
    kinds = [("nobody's", []), ("a follower's", ["--slow", ms]),
             ("the leader's", ["--slow", ms, "--slow-server", 1])]
    loads = [n for n in arguments.loads if n in (1, 64, 1024)]
    if arguments.quick:
        loads = loads[-1:]
    names = contenders.among([FLOOR, OURS, IN_LOOP, LIBRAFT])
    cases = [Case(name, (n, name, kind), *load_options(n, name, arguments),
                  *options)
             for n in loads for name in names
             for kind, options in kinds]
    whole = run(cases, contenders, arguments.rounds)
    head = ["in flight", "", "slow", "entries/s", "to nobody's", *COSTS_HEAD]
    return whole, page.table(
        f"One disk is slow: each sync takes {ms} ms more", head,
        compared(cases, "nobody's"))


def far_section(contenders, arguments):
    window = 1024
    allowed = window / (2e-3 * arguments.far)
    kinds = [("one follower", 1), ("both", 2)]
    cases = [Case(name, (kind, name), *load_options(window, name, arguments),
                  "--far", arguments.far, "--far-servers", servers)
             for kind, servers in kinds
             for name in contenders.among([FLOOR, OURS, SECURE, LIBRAFT])]
    whole = run(cases, contenders, arguments.rounds)
    rows = []
    for case in cases:
        ops = case.value("ops")
        share = ops / allowed if ops and case.labels[0] == "both" else None
        rows.append([*case.labels, page.count(ops), page.ratio(share),
                     *costs(case)])
    head = ["far", "", "entries/s", "to the window",
            *COSTS_HEAD]
    return whole, page.table(
        f"{arguments.far} ms away each way, 1024 in flight; the window "
        f"allows {allowed:,.0f} entries/s", head, rows)


def failover_section(contenders, arguments):
    cases = [Case(name, (name,), "--failover")
             for name in contenders.among([CLOSED, OURS, LIBRAFT])]
    whole = run(cases, contenders, arguments.rounds)
    rows = []
    for case in cases:
        ms = sorted(said["failover_ms"] for said in case.rounds if said)
        rows.append([*case.labels, str(len(ms)), *[
            page.figure(value, 1) for value in
            (page.part(ms, 0), page.median(ms), page.part(ms, 0.9),
             page.part(ms, 1))]])
    head = ["", "rounds", "least ms", "median", "90 %", "most"]
    return whole, page.table("From kill -9 to the next entry", head, rows)


def chosen_sections(arguments):
    if arguments.what == "failover":
        return [failover_section]
    chosen = [section for wanted, section in [
        (arguments.load, loads_section),
        (arguments.snapshots, snapshots_section),
        (arguments.slow_follower, slow_section),
        (arguments.far, far_section)] if wanted]
    if chosen and arguments.page:
        die("--page has room for the whole only")
    if chosen:
        return chosen
    arguments.slow_follower, arguments.far = SLOW_MS, FAR_MS
    return [loads_section, snapshots_section, slow_section] + \
        ([] if arguments.quick else [far_section])


# -------------------------------------------------------------------- begin

def positive(kind):
    def number(text):
        value = kind(text)
        if not value > 0:
            raise ValueError(text)
        return value
    return number


def numbers(text):
    return [positive(int)(part) for part in text.split(",")]


def parse():
    parser = argparse.ArgumentParser(add_help=False)
    parser.error = lambda why: die(f"{why}; try --help")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--rounds", type=positive(int))
    parser.add_argument("--seconds", type=positive(float))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--loads", type=numbers)
    parser.add_argument("--folder", default="/var/tmp")
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--snapshots", action="store_true")
    parser.add_argument("--slow-follower", nargs="?", const=SLOW_MS,
                        type=positive(int))
    parser.add_argument("--far", nargs="?", const=FAR_MS,
                        type=positive(int))
    parser.add_argument("--plot")
    parser.add_argument("--page")
    parser.add_argument("what", choices=["cluster", "failover"])
    if "--help" in sys.argv:
        print(USAGE, end="")
        sys.exit(0)
    arguments = parser.parse_args()
    many, few = (50, 5) if arguments.what == "failover" else (5, 1)
    arguments.rounds = arguments.rounds or (few if arguments.quick else many)
    arguments.seconds = arguments.seconds or (0.5 if arguments.quick else 2)
    arguments.loads = arguments.loads or \
        ([1, 64, 1024] if arguments.quick else LOADS)
    return arguments


def main():
    arguments = parse()
    contenders = Contenders(arguments.programs, arguments.folder)
    sections = chosen_sections(arguments)
    if arguments.plot and loads_section not in sections:
        die("--plot draws the loads, which are left out")
    if arguments.plot and not shutil.which("gnuplot"):
        die("--plot needs gnuplot")
    into = arguments.page and page.Page(arguments.page, arguments.what)
    facts = page.Facts(arguments)
    results = [section(contenders, arguments) for section in sections]
    text = facts.text() + "\n\n" + "\n\n".join(table for _, table in results)
    print(text)
    if into:
        into.write(text)
    sys.exit(0 if all(whole for whole, _ in results) else 1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
