#!/usr/bin/env python3
"""Changes one line at a time, and looks whether a test notices.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

A change is drawn by its line first, so that no line counts for more than
another, then by its kind. The tests that execute the line run, the fastest first and
those that are likely to notice, until the first that fails: without sanitizers, which
is sooner, and if none fails once more with them, as in ./run test. Who survives is
told, and is either a hole in the tests or equivalent to what was there: then
tests/mutants/equivalents says why.

What was compiled is kept in mutants/fast and mutants/build, the survivors in
mutants/survivors, and in mutants/draw what came of each one drawn: the same seed goes
on from there, as long as the sources and the tests are the same.
"""

import argparse
import concurrent.futures
import glob
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

import change
import cover
import tree

FOLDERS = ["raft", "extensions", "assists"]
# Nothing but assertions.
LEFT_OUT = ["raft/invariants.c"]
SECONDS_MIN = 10
SECONDS_MAX = 600
# Of the time that a test takes without a change.
TIMES = 4
ATTEMPTS = 2
# Instead of the name of a test: the compiler makes the same of it.
SAME = "="
PROGRESS = 20
# Most of the tests with sockets wait most of the time.
JOBS = 4 * os.cpu_count()


def say(text):
    print(text, flush=True)


def die(text):
    print(f"mutants: {text}", file=sys.stderr)
    sys.exit(2)


class Mutant:
    def __init__(self, path, number, kind, old, new):
        self.path = path
        self.number = number
        self.kind = kind
        self.old = old
        self.new = new

    def key(self):
        return self.path, " ".join(self.old.split()), \
            " ".join(self.new.split())

    def text(self):
        return f"{self.path}\n- {self.old.strip()}\n+ {self.new.strip()}\n"


def read_list(path):
    """{(path, old, new): why} from paragraphs like Mutant.text()."""
    found = {}
    with open(path) as file:
        for paragraph in file.read().split("\n\n"):
            lines = [l for l in paragraph.split("\n")
                     if l and not l.startswith("#")]
            if len(lines) >= 3:
                key = (lines[0], " ".join(lines[1][1:].split()),
                       " ".join(lines[2][1:].split()))
                found[key] = " ".join(lines[3:])
    return found


# ------------------------------------------------------------- the draw

def sources(top, places):
    found = [os.path.relpath(p, top) for folder in FOLDERS for p in
             glob.glob(f"{top}/{folder}/**/*.[ch]", recursive=True)]
    return [change.Source(p, open(os.path.join(top, p)).read())
            for p in sorted(found)
            if p not in LEFT_OUT and p.startswith(tuple(places))]


def draw(files, seed):
    """Without end and without repeating itself."""
    rng = random.Random(seed)
    lines = [(s, n) for s in files for n in s.eligible]
    drawn = set()
    while lines:
        source, number = rng.choice(lines)
        kinds = change.changes(source, number)
        left = {k: [new for new in news if (source.path, number, new) not in
                    drawn] for k, news in sorted(kinds.items())}
        left = {k: v for k, v in left.items() if v}
        if not left:
            lines.remove((source, number))
            continue
        kind = rng.choice(list(left))
        new = rng.choice(left[kind])
        drawn.add((source.path, number, new))
        yield Mutant(source.path, number, kind, source.lines[number], new)


def again(files, path):
    """Those of a list, wherever their lines are now."""
    for key in read_list(path):
        found = False
        for source in files:
            if source.path != key[0]:
                continue
            for number, line in enumerate(source.lines):
                if " ".join(line.split()) == key[1]:
                    found = True
                    yield Mutant(source.path, number, "again", line, key[2])
        if not found:
            say(f"not there any more: {key[0]}: {key[1]}")


class Journal:
    """What came of those drawn before, of the same seed among the same files."""

    def __init__(self, top, made, options):
        os.makedirs(made, exist_ok=True)
        self.path = os.path.join(made, "draw")
        self.known = {}
        head = json.dumps([options.seed, options.places, options.tests,
                           options.fast, self._stamp(top)])
        lines = open(self.path).read().split("\n")[:-1] \
            if os.path.exists(self.path) else []
        if lines[:1] == [head]:
            self.known = {tuple(key): noticed for key, noticed in
                          map(json.loads, lines[1:])}
        else:
            with open(self.path, "w") as file:
                file.write(head + "\n")

    def _stamp(self, top):
        """Of all that is compiled or run."""
        files = [p for folder in FOLDERS + ["demos", "tests"] for p in
                 glob.glob(f"{top}/{folder}/**/*.*", recursive=True)
                 if p.endswith((".c", ".h", ".sh", ".scenario"))]
        stamp = hashlib.sha256()
        for path in sorted(files):
            with open(path, "rb") as file:
                stamp.update(file.read())
        return stamp.hexdigest()

    def add(self, mutant, noticed):
        key = [mutant.path, mutant.number, mutant.new]
        if tuple(key) not in self.known:
            with open(self.path, "a") as file:
                file.write(json.dumps([key, noticed]) + "\n")


# ------------------------------------------------------------- the tests

class Test:
    def __init__(self, name, program, arguments):
        self.name = name
        self.program = program
        self.arguments = arguments
        self.seconds = 0.0


class Tests:
    def __init__(self, made, forest, covered, named):
        self.made = made
        self.covered = covered
        self.named = tuple(named)
        self.tree = forest
        self.all = [Test(name, p, arguments) for p in forest.programs
                    for name, arguments in p.runs.items()]
        self.reach = {}
        self.noticed = {}
        self.running = set()
        self.over = False

    def run(self, test, place, root=None, counting=None):
        """True: it passed; None: it took too long. `counting`: the
        environment of the build that counts."""
        if self.over:
            return True
        forest = self.covered.tree if counting else self.tree
        environment = dict(os.environ, TEST_TMPDIR=place, TMPDIR=place,
                           ASAN_OPTIONS="detect_leaks=1:hard_rss_limit_mb=2000",
                           OUTRIGGER_SEED="1", RAFT_SEED="1", RAFT_TEST_SEED="1",
                           **(counting or {}))
        if root:
            environment["LD_LIBRARY_PATH"] = ":".join(
                os.path.join(root, b) for b in (test.program.build, "any"))
        seconds = max(SECONDS_MIN, TIMES * test.seconds or SECONDS_MAX)
        os.makedirs(place, exist_ok=True)
        with subprocess.Popen(
                ["prlimit", "--core=0", *forest.command(test.program),
                 *test.arguments],
                cwd=self.tree.top, env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL) as process:
            self.running.add(process.pid)
            try:
                return process.wait(0 if self.over else seconds) == 0
            except subprocess.TimeoutExpired:
                return None
            finally:
                self.stop(process.pid)
                self.running.discard(process.pid)
                shutil.rmtree(place, ignore_errors=True)

    def fails(self, test, place, root=None):
        """Each time, and not without the change: some live by real time, and
        the machine may be busy. Others do the same each time."""
        if root and test.program.build == "masked":
            passed = self.run(test, place, root)
            if passed is not None:
                return not passed
        return not any(self.run(test, place, root) for _ in range(ATTEMPTS)) \
            and (root is None or self.run(test, place))

    def stop(self, pid):
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def stop_all(self):
        """None begins any more, and none is left, which might never end."""
        self.over = True
        for pid in list(self.running):
            self.stop(pid)

    def that_reach(self, path, number=None):
        """Those whose program has the file and that execute the line, as far
        as that is known; if none does, those of whose processes some have not told."""
        found = number and self.covered.that_execute(path, number)
        if found == set():
            found = self.covered.that_fork() | {
                t.name for t in self.all if t.program.script}
        return sorted((t for t in self.all if path in self.files(t.program)
                       and t.name.startswith(self.named)
                       and (found is None or t.name in found
                            or t.name in self.covered.unknown)),
                      key=lambda t: t.seconds / self.promise(t, path))

    def promise(self, test, path):
        """How much sooner it is asked: it is named after the file, or has noticed
        others in it."""
        room, file = os.path.splitext(path)[0].split("/")[-2:]
        named = test.name.split("/")[-1].startswith(
            (f"{room}_{file}_", f"{file}_"))
        return 1 + 4 * named + self.noticed.get((test.name, path), 0)

    def files(self, program):
        """All that the code that may run in a program is made of."""
        if program not in self.reach:
            self.reach[program] = {
                path for l, s in self.tree.reach(program) for path in
                self.tree.dependencies(self.tree.object(s, l.build))}
        return self.reach[program]

    def measure(self, wanted, jobs):
        """How long each takes, that it passes without a change, and what it
        executes."""
        path = os.path.join(self.made, "times")
        known = json.load(open(path)) if os.path.exists(path) else {}
        todo = []
        say(f"linking programs for {len(wanted)} tests")
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for forest in (self.tree, self.covered.tree):
                list(pool.map(forest.make_program,
                              {t.program for t in wanted}))
        for test in (t for t in self.all if t in wanted):
            made = [self.tree.executable(p) for p in test.program.all] + \
                [self.tree.library(l) for l in self.tree.linked(test.program)]
            stamp = max(os.path.getmtime(m) for m in made)
            if known.get(test.name, {}).get("stamp") != stamp or \
                    not self.covered.is_known(test, stamp):
                todo.append((test, stamp))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for number, (test, stamp, seconds) in enumerate(
                    pool.map(self._measure_one, todo)):
                if number % PROGRESS == 0:
                    say(f"running {len(todo) - number} tests without a change")
                if seconds is None:
                    say(f"left out: {test.name} fails without a change")
                    self.all.remove(test)
                    known.pop(test.name, None)
                    continue
                known[test.name] = {"stamp": stamp, "seconds": seconds}
                with open(path, "w") as file:
                    json.dump(known, file)
        for test in wanted & set(self.all):
            test.seconds = known[test.name]["seconds"]
            self.covered.read(test)

    def _measure_one(self, todo):
        test, stamp = todo
        place = os.path.join(self.made, "run", test.name)
        begun = time.monotonic()
        if self.fails(test, place):
            return test, stamp, None
        seconds = time.monotonic() - begun
        self.covered.measure(test, lambda environment: self.run(
            test, place, counting=environment))
        return test, stamp, seconds


# ------------------------------------------------------------- a trial

class Trial:
    """One mutant, in a folder of its own that is looked into first."""

    def __init__(self, tests, mutant, root):
        self.tests = tests
        self.tree = tests.tree
        self.mutant = mutant
        self.root = root
        self.linked = set()
        shutil.rmtree(root, ignore_errors=True)
        place = os.path.join(root, "source", mutant.path)
        os.makedirs(os.path.dirname(place))
        with open(os.path.join(self.tree.top, mutant.path)) as file:
            lines = file.read().split("\n")
        lines[mutant.number] = mutant.new
        with open(place, "w") as file:
            file.write("\n".join(lines))

    def _compile(self, library, source):
        """None: it does not compile, or one of the compilers warns, which is an error
        in the project's own build."""
        target = os.path.join(self.root, "objects", library.build or "any",
                              source[:-1] + "o")
        strict = [*tree.FLAGS, *self.tree.warnings]
        for compiler, flags in (("clang", [*strict, "-fsyntax-only"]),
                                ("gcc", [*strict, *self.tree.sanitizers])):
            result = self.tree.compile(source, target, library.build,
                                       os.path.join(self.root, "source"),
                                       flags, compiler)
            if result.returncode != 0:
                return None
        return target

    def link(self, build):
        """What the change alters for programs of this build. False: it does
        not compile."""
        for library in self.tree.libraries:
            if library.build not in (None, build) or library in self.linked:
                continue
            self.linked.add(library)
            objects, altered = [], False
            for source in library.sources:
                made = self.tree.object(source, library.build)
                if self.mutant.path in self.tree.dependencies(made):
                    made, altered = self._compile(library, source), True
                    if made is None:
                        return False
                objects.append(made)
            if altered:
                self.tree.link(library, objects, self.root)
        return True

    def run(self):
        """The name of the test that noticed; "": none; None: no mutant."""
        for test in self.tests.that_reach(self.mutant.path,
                                            self.mutant.number + 1):
            if not self.link(test.program.build):
                return None
            place = os.path.join(self.root, "run")
            if self.tests.fails(test, place, self.root):
                return test.name
        return "" if self.linked or self.compiles() else None

    def compiles(self):
        """Whether it is a mutant, though nothing runs it."""
        return any(self.tests.that_reach(self.mutant.path)) and \
            all(self.link(build) for build in tree.BUILDS)

    def is_same_code(self):
        """Whether the compiler sees no difference."""
        flags = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-w", "-S", "-fPIC"]
        for library in self.tree.libraries:
            for source in library.sources:
                made = self.tree.object(source, library.build)
                if self.mutant.path not in self.tree.dependencies(made):
                    continue
                texts = []
                for overlay in (None, os.path.join(self.root, "source")):
                    target = os.path.join(self.root, "code.s")
                    self.tree.compile(source, target, library.build, overlay,
                                      flags)
                    with open(target) as file:
                        texts.append([l for l in file if ".file" not in l])
                if texts[0] != texts[1]:
                    return False
        return True


# ------------------------------------------------------------- the whole

class Session:
    def __init__(self, options):
        self.options = options
        self.top = os.path.abspath(options.top)
        covered = cover.Cover(self.top, self.path("mutants/covered"))
        # One after the other, until a test notices.
        self.stages = [self.stage(covered, "fast", [])] + [
            self.stage(covered, "build", tree.SANITIZERS)] * (not options.fast)
        self.files = []
        self.known = read_list(self.path("tests/mutants/equivalents"))
        self.lock = threading.Lock()
        self.noticed, self.survivors, self.equivalent = {}, [], []
        self.journal = None
        self.begun = 0
        self.over = False

    def path(self, name):
        return os.path.join(self.top, name)

    def stage(self, covered, name, sanitizers):
        made = self.path(f"mutants/{name}")
        return Tests(made, tree.Tree(self.top, made, sanitizers), covered,
                     self.options.tests or [""])

    def check_known(self):
        texts = {s.path: {" ".join(l.split()) for l in s.lines}
                 for s in sources(self.top, [""])}
        for path, old, _ in self.known:
            if old not in texts.get(path, set()):
                die("tests/mutants/equivalents: not there any more: "
                    f"{path}: {old}")

    def prepare(self):
        jobs = self.options.jobs
        self.check_known()
        forest = self.stages[0].tree
        for each in [s.tree for s in self.stages] + [
                self.stages[0].covered.tree]:
            each.make(jobs, say, die)
        # A header that a test includes is a part of that test.
        fixed = {path for p in forest.programs for q in p.all
                 for source in q.sources
                 for path in forest.dependencies(forest.object(source))}
        self.files = [s for s in sources(self.top, self.options.places or [""])
                      if s.path not in fixed]
        for stage in self.stages:
            wanted = {t for s in self.files for t in stage.that_reach(s.path)}
            stage.measure(wanted, jobs)

    def work(self, worker):
        root = self.path(f"mutants/trial{worker}")
        while True:
            with self.lock:
                mutant = None if self.over else next(self.queue, None)
                if mutant is None or self.begun == self.options.count:
                    return
                self.begun += 1
            known = mutant.key() in self.known
            begun = time.monotonic()
            noticed = None if known else self.judge(mutant, root)
            with self.lock:
                if not self.over:
                    if self.journal and not known:
                        self.journal.add(mutant, noticed)
                    self.note(mutant, noticed, known or noticed == SAME,
                              time.monotonic() - begun)

    def judge(self, mutant, root):
        """As Trial.run(), or SAME."""
        key = (mutant.path, mutant.number, mutant.new)
        if self.journal and key in self.journal.known:
            return self.journal.known[key]
        for stage in self.stages:
            trial = Trial(stage, mutant, root)
            noticed = trial.run()
            if noticed == "" and trial.is_same_code():
                noticed = SAME
            if noticed != "":
                break
        shutil.rmtree(root, ignore_errors=True)
        return noticed

    def note(self, mutant, noticed, equivalent, seconds):
        where = f"{mutant.path}:{mutant.number + 1}: {mutant.kind}"
        if noticed is None and not equivalent:
            self.begun -= 1
            return
        if equivalent:
            self.equivalent.append(mutant)
            result = "equivalent"
        elif noticed:
            self.noticed[noticed] = self.noticed.get(noticed, 0) + 1
            key = noticed, mutant.path
            for stage in self.stages:
                stage.noticed[key] = stage.noticed.get(key, 0) + 1
            result = noticed
        else:
            self.survivors.append(mutant)
            result = "SURVIVED"
        done = sum(self.noticed.values()) + len(self.survivors) + \
            len(self.equivalent)
        say(f"[{done:4}] {result:32} {where}, {seconds:.1f} s")
        if result == "SURVIVED":
            say(f"       - {mutant.old.strip()}\n       + {mutant.new.strip()}")

    def run(self):
        self.queue = draw(self.files, self.options.seed)
        if self.options.again:
            self.queue = again(self.files, self.options.again)
        else:
            self.journal = Journal(self.top, self.path("mutants"),
                                   self.options)
            if self.journal.known:
                say(f"{len(self.journal.known)} are known from before")
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            futures = [pool.submit(self.work, i)
                       for i in range(self.options.jobs)]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self.over = True
                for stage in self.stages:
                    stage.stop_all()
                raise

    def report(self):
        noticed = sum(self.noticed.values())
        judged = noticed + len(self.survivors)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(self.path("mutants/survivors"), "w") as file:
            file.write("\n".join(m.text() for m in self.survivors))
        for name, count in sorted(self.noticed.items(), key=lambda i: -i[1]):
            say(f"{count:5} by {name}")
        say(f"{judged + len(self.equivalent)} mutants, {noticed} noticed, "
            f"{len(self.survivors)} survived, {len(self.equivalent)} "
            f"equivalent: {100 * noticed / max(judged, 1):.1f} %; "
            f"{usage.ru_utime + usage.ru_stime:.0f} s of processors")
        if self.survivors:
            say("the survivors are in mutants/survivors; again: ./run mutants "
                "--again mutants/survivors")


def main():
    parser = argparse.ArgumentParser(
        prog="./run mutants", description="Change one line at a time of raft/,"
        " extensions/ and assists/, and see whether a test notices.")
    parser.add_argument("count", nargs="?", type=int, metavar="N",
                        help="so many mutants (100, or the whole list)")
    parser.add_argument("--seed", type=int, help="of the draw")
    parser.add_argument("--in", dest="places", action="append",
                        metavar="PATH", help="only where a path begins so")
    parser.add_argument("--again", metavar="FILE",
                        help="those of a list, as in mutants/survivors")
    parser.add_argument("--tests", action="append", metavar="NAME",
                        help="only those whose names begin so: core/, unit/")
    parser.add_argument("--fast", action="store_true", help="without "
                        "sanitizers: sooner, but what they notice survives")
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--top", default=".", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    if options.count is None and not options.again:
        options.count = 100
    # Also where it runs in the background, or is told to end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    session = Session(options)
    session.prepare()
    if not options.again:
        say(f"{options.count} mutants, --seed {options.seed}")
    status = 1
    try:
        session.run()
        status = 1 if session.survivors else 0
    except KeyboardInterrupt:
        say("interrupted")
        status = 130
    session.report()
    return status


if __name__ == "__main__":
    sys.exit(main())
