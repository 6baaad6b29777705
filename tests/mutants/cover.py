"""Which lines each test executes, by a build that counts.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

What a child does that ends by _exit() is not counted, nor what a process does that
is killed. What is outside of functions is not executed: nothing is known of it.
"""

import json
import os
import shutil
import subprocess

import tree

COUNTING = ["--coverage", "-O0"]
# Who executes such a file may have a child of that kind.
FORKS = "_exit("


class Cover:
    def __init__(self, top, made):
        self.top = top
        self.made = made
        self.tree = tree.Tree(top, made, COUNTING)
        # {path: {line: names of tests}}, and [first and last line]
        self.executed = {}
        self.functions = {}
        # Names of tests that did not pass where they were counted.
        self.unknown = set()

    def _path(self, test):
        return os.path.join(self.made, "lines", test.name + ".json")

    def is_known(self, test, since):
        path = self._path(test)
        return os.path.exists(path) and os.path.getmtime(path) > since

    def measure(self, test, run):
        """`run`: what runs it, given an environment, and says whether it
        passed."""
        place = self._path(test)[:-5]
        shutil.rmtree(place, ignore_errors=True)
        if not run({"GCOV_PREFIX": place}):
            shutil.rmtree(place, ignore_errors=True)
            if os.path.exists(self._path(test)):
                os.remove(self._path(test))
            return
        counted = [os.path.join(folder, name)
                   for folder, _, names in os.walk(place)
                   for name in names if name.endswith(".gcda")]
        for path in counted:
            notes = path[:-4] + "gcno"
            os.symlink(notes[len(place):], notes)
        told = subprocess.run(["gcov", "--json-format", "--stdout", *counted],
                              cwd=self.top, check=bool(counted), text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout
        files = {}
        for line in told.split("\n"):
            for file in json.loads(line or '{"files": []}')["files"]:
                path = os.path.normpath(file["file"])
                lines, functions = files.setdefault(path, ({}, {}))
                for each in file["lines"]:
                    number = str(each["line_number"])
                    lines[number] = lines.get(number, 0) + each["count"]
                for each in file["functions"]:
                    functions[str(each["start_line"])] = each["end_line"]
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(self._path(test), "w") as file:
            json.dump({p: f for p, f in files.items() if p[0] != "/"}, file)

    def read(self, test):
        if not os.path.exists(self._path(test)):
            self.unknown.add(test.name)
            return
        with open(self._path(test)) as file:
            files = json.load(file)
        for path, (lines, functions) in files.items():
            executed = self.executed.setdefault(path, {})
            for number, count in lines.items():
                names = executed.setdefault(int(number), set())
                if count > 0:
                    names.add(test.name)
            self.functions.setdefault(path, set()).update(
                (int(first), last) for first, last in functions.items())

    def that_execute(self, path, number):
        """The names of the tests; None: nothing is known."""
        executed = self.executed.get(path, {})
        around = [f for f in self.functions.get(path, ())
                  if f[0] <= number <= f[1]]
        if not around:
            return None
        first, last = max(around)
        above = [n for n in executed if first <= n <= number]
        below = [n for n in executed if number < n <= last]
        found = set(executed[max(above)]) if above else set()
        if number not in executed and below:
            found |= executed[min(below)]
        return found

    def that_fork(self):
        """The names of the tests that may execute more than is known."""
        found = set()
        for path, lines in self.executed.items():
            with open(os.path.join(self.top, path)) as file:
                if FORKS in file.read():
                    found |= set().union(*lines.values())
        return found
