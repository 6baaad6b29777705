"""What the project's programs are made of, compiled without Bazel.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

Each folder of sources is a shared library, so that a change costs one compile
and one link; the core is there once for each build that programs are linked
with, or have members of. What runs in which program is read off the objects'
symbols.
"""

import concurrent.futures
import os
import re
import shlex
import subprocess
import sys

SANITIZERS = ["-fsanitize=address,undefined"]
FLAGS = shlex.split("-std=c11 -D_GNU_SOURCE -O1 -fPIC "
                    "-fno-sanitize-recover=all -Werror=implicit -Werror=int-conversion "
                    "-Werror=incompatible-pointer-types")
LIBRARIES = shlex.split(
    "-lcmocka -luv -lssl -lcrypto -ljansson -lmicrohttpd -lbsd -lsqlite3")
# What is active in which build: every module of a mask; all; those that are switched
# on, as in //:raft; none.
BUILDS = {"masked": "((bool)(((member)->mask >> (number)) & 1u))",
          "whole": "true",
          "plain": "true",
          "bare": ""}
# It stands for another file of its folder, where that is of no use.
OF_OTHER_SYSTEMS = ["assists/system/portable.c"]
# Their core has no module, or every one, likewise.
BARE = ("unit/node_lost_test", "unit/server_bare_test")
WHOLE = ("unit/server_leases_test",)
# Of tests/: where each NAME_test.c is a program.
FOLDERS = ("core", "unit", "simulation", "conformance", "crash", "sqlite",
           "system")
# Theirs have members of many builds; of tests/unit, as tests/unit/BUILD has it.
SIMULATED = ("core/", "simulation/", "unit/compare", "unit/scenario",
             "unit/sim")
# tests/NAME.sh, the programs that it is given first, and what then.
SCRIPTS = [
    ("admin/ctl_test", ["assists/admin/ctl.c", "tests/admin/server.c"],
     ["assists/admin/outrigger-ctl.1", "assists/admin/outrigger-ctl.bash",
      "tests/processes.sh"]),
    ("rescue/rescue_test", ["assists/rescue/main.c", "tests/rescue/ledger.c"],
     ["assists/rescue/outrigger-log.1", "tests/processes.sh"]),
    ("simulation/trials_test", ["tests/simulation/cells_trials.c"], []),
    ("simulation/kept_test", ["tests/simulation/sweep.c", "demos/compare/main.c"],
     ["tests/simulation/kept"]),
]
# Programs with a machine of the server kit's, and how much of random faults they try.
MACHINES = {"simulation/counter": ["--seeds", "3"],
            "kv/trials": ["--seeds", "2"]}
# It looks into the core, as a build has it.
CHECKER = "tests/model/"
# What it visits.
BOUNDS = {"elections": ["--expire", "2"], "writes": [], "sleep": [],
          "reads": [], "transfer": [], "single": [], "joint": []}
# Of scenarios, so that not each costs a process.
GROUPS = 8
# A test may have calls of its own instead of these, as with Bazel.
FAILING = "tests/unit/failing_"
WRAPS = [f"-Wl,--wrap={call}" for call in (
    "malloc", "calloc", "realloc", "reallocarray", "strdup")]
AS_THEY_ARE = """#include <stdlib.h>
#include <string.h>
#define CALL(call, parameters, arguments) \\
    void *__wrap_##call parameters { return call arguments; }
CALL(malloc, (size_t size), (size))
CALL(calloc, (size_t count, size_t size), (count, size))
CALL(realloc, (void *memory, size_t size), (memory, size))
CALL(reallocarray, (void *memory, size_t count, size_t size),
     (memory, count, size))
CALL(strdup, (const char *text), (text))
"""
LIST = """#include <stdbool.h>
{includes}
#define RAFT_EXTENSIONS(X) {list}
#define RAFT_EXTENSION_ACTIVE(member, number) {active}
#define RAFT_EXTENSION_NEEDS(HAS) ({needs})
"""


def is_older(target, sources):
    return not os.path.exists(target) or any(
        os.path.getmtime(s) > os.path.getmtime(target) for s in sources)


def read_warnings(top):
    """Those that are errors in the project's own build."""
    path = os.path.join(top, ".bazelrc")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return re.findall(r"^build --(?:conly|c)opt=(-W\S+)", file.read(), re.M)


class Library:
    """A folder of sources; of the core's, one build."""

    def __init__(self, name, sources, build=None):
        self.name = name
        self.sources = sources
        self.build = build


class Program:
    """A program, and the tests that are runs of it: {name: arguments}. A script
    is a run of its first program, with the others."""

    def __init__(self, name, sources, build, runs=None, others=()):
        self.name = name
        self.sources = sources
        self.build = build
        self.runs = {name: []} if runs is None else runs
        self.all = [self, *others]
        self.script = None

    def command(self, place):
        """`place`: where programs are."""
        programs = [os.path.join(place, p.name) for p in self.all]
        return ["bash", self.script, *programs] if self.script else programs


class Tree:
    def __init__(self, top, made, sanitizers):
        self.sanitizers = sanitizers
        self.top = top
        self.made = made
        self.warnings = read_warnings(top)
        self.libraries = self._libraries()
        self.programs = self._programs()
        self.symbols = {}
        self.definitions = {}

    # ----------------------------------------------------- what there is

    def files(self, folder, suffix):
        """Those in the folder and in what is in it."""
        return sorted(
            os.path.relpath(os.path.join(place, name), self.top)
            for place, _, names in os.walk(os.path.join(self.top, folder))
            for name in names if name.endswith(suffix))

    def folders(self, parent):
        path = os.path.join(self.top, parent)
        return sorted(os.path.join(parent, name) for name in os.listdir(path)
                      if os.path.isdir(os.path.join(path, name))
                      ) if os.path.isdir(path) else []

    def _libraries(self):
        core = self.files("raft", ".c")
        found = [Library("raft", core + self._of_modules(".c", build), build)
                 for build in BUILDS]
        for folder in self.folders("assists") + self.folders("demos"):
            sources = [s for s in self.files(folder, ".c")
                       if not self._says(s, "\nmain(") and
                       s not in OF_OTHER_SYSTEMS]
            if sources:
                found.append(Library(os.path.basename(folder), sources))
        return found

    def _programs(self):
        found = []
        for folder in FOLDERS:
            others = self._helpers(f"tests/{folder}")
            for source in self.files(f"tests/{folder}", "_test.c"):
                name = f"{folder}/{os.path.basename(source)[:-2]}"
                # Only who includes a header of the helpers needs them.
                needed = others if self._says(source, f"tests/{folder}/") \
                    else []
                build = "bare" if name in BARE else \
                    "whole" if name in WHOLE else \
                    "masked" if name.startswith(SIMULATED) else "plain"
                found.append(Program(name, [source] + needed, build))
        return found + self._scenarios() + self._sweep() + self._checker() + \
            self._fuzz() + self._machines() + self._scripts()

    def _helpers(self, folder):
        return [s for s in self.files(folder, ".c")
                if not s.endswith("_test.c") and
                not self._says(s, "\nmain(")]

    def _says(self, source, words):
        with open(os.path.join(self.top, source)) as file:
            return words in file.read()

    def _scenarios(self):
        mains = [s for s in self.files("demos", ".c")
                 if self._says(s, "\nmain(") and
                 self._says(s, " * raft-scenario:")]
        scenarios = self.files("tests", ".scenario") + \
            self.files("demos", ".scenario") + \
            self._of_modules(".scenario")
        runs = {f"scenarios {i + 1}": ["--build", "baseline", "--build", "all",
                                       "--quiet"] + scenarios[i::GROUPS]
                for i in range(GROUPS)}
        return [Program("scenario", mains, "masked", runs)] if mains else []

    def _sweep(self):
        main = "tests/simulation/sweep.c"
        runs = {f"sweep {seed}": ["--seed", str(seed), "--seeds", "2"]
                for seed in (1, 3, 5)}
        if not os.path.exists(os.path.join(self.top, main)):
            return []
        sources = [main] + self._helpers("tests/simulation")
        return [Program("sweep", sources, "masked", runs)]

    def _machines(self):
        return [Program(name, [f"tests/{name}.c"], "plain", {name: arguments})
                for name, arguments in MACHINES.items()
                if os.path.exists(os.path.join(self.top, f"tests/{name}.c"))]

    def _checker(self):
        if not os.path.exists(os.path.join(self.top, CHECKER)):
            return []
        runs = {f"model/{name}": ["--bounds", name] + more
                for name, more in BOUNDS.items()}
        return [Program("model", self.files(CHECKER, ".c"), "plain", runs)]

    def _scripts(self):
        found = []
        for name, mains, arguments in SCRIPTS:
            if not os.path.exists(os.path.join(self.top, mains[0])):
                continue
            build = "masked" if name.startswith("simulation") else "plain"
            first, *others = [
                Program(main[:-2], [main] + self._needed(main), build, {})
                for main in mains]
            first.runs = {name: arguments}
            first.script = f"tests/{name}.sh"
            first.all += others
            found.append(first)
        return found

    def _needed(self, main):
        if self._says(main, "/sweep.h"):
            return self._helpers("tests/simulation")
        return ["tests/simulation/cells.c"] \
            if self._says(main, "/cells.h") else []

    def _fuzz(self):
        found = []
        for name, helpers, build, rounds in (
                ("wire_fuzz", "hostile messages world", "plain", "500"),
                ("hello_fuzz", "", "plain", "10000"),
                ("name_fuzz", "", "plain", "100000"),
                ("request_fuzz", "", "plain", "100000"),
                ("explore", "cluster promises smaller", "masked", "100")):
            sources = [f"tests/fuzz/{s}.c" for s in
                       [name, "rounds"] + helpers.split()]
            if os.path.exists(os.path.join(self.top, sources[0])):
                found.append(Program(f"fuzz/{name}", sources, build,
                                     {f"fuzz/{name}": ["1", rounds]}))
        return found

    # ------------------------------------------- who depends on whom

    def _read_symbols(self, paths):
        """What each object defines, and what it needs."""
        self.symbols = {path: (set(), set()) for path in paths}
        told = subprocess.run(["nm", "-P", "-A", *paths], check=True,
                              text=True, stdout=subprocess.PIPE).stdout
        for line in told.splitlines():
            path, symbol = line.split(": ", 1)
            name, kind = symbol.split()[:2]
            if kind in "TDBRVWC":
                self.symbols[path][0].add(name)
            elif kind in "Uw":
                self.symbols[path][1].add(name)

    def _definitions(self, build):
        """{symbol: (library, source)} for programs with that build."""
        if build not in self.definitions:
            found = {}
            # Of two of one name, the assist's.
            for library in self.libraries[::-1]:
                if library.build in (None, build):
                    self._define(library, found)
            self.definitions[build] = found
        return self.definitions[build]

    def _define(self, library, found):
        for source in library.sources:
            for symbol in self.symbols[self.object(source,
                                                   library.build)][0]:
                _, other = found.get(symbol, (None, "demos/"))
                if not other.startswith("demos/"):
                    sys.exit(f"mutants: {symbol} is of {source} and of {other}")
                found[symbol] = (library, source)

    def reach(self, program, whole=False):
        """The (library, source) whose code may run in a program; `whole`: and
        all that is linked with it."""
        definitions = self._definitions(program.build)
        found = set()
        todo = {self.object(s) for p in program.all for s in p.sources}
        while todo:
            reached = {definitions[symbol] for path in todo
                       for symbol in self.symbols[path][1]
                       if symbol in definitions}
            if whole:
                reached = {(l, s) for l, _ in reached for s in l.sources}
            todo = {self.object(s, l.build) for l, s in reached - found}
            found |= reached
        return found

    def linked(self, program):
        """The libraries that a program is linked with."""
        reached = {l for l, _ in self.reach(program, True)}
        return [l for l in self.libraries if l in reached]

    # ------------------------------------------------------- compiling

    def object(self, source, build=None):
        return os.path.join(self.made, build or "any", source[:-1] + "o")

    def library(self, library, root=None):
        return os.path.join(root or self.made, library.build or "any",
                            f"lib{library.name}.so")

    def executable(self, program):
        return os.path.join(self.made, "bin", program.name)

    def command(self, program):
        place = os.path.join(self.made, "bin")
        return program.command(os.path.relpath(place, self.top))

    def compile(self, source, target, build=None, overlay=None, flags=None,
                compiler="gcc"):
        """`overlay`: a folder that is looked into first."""
        os.makedirs(os.path.dirname(target), exist_ok=True)
        folders = ([overlay] if overlay else []) + ["."]
        if build or source.startswith(CHECKER):
            folders.append(os.path.join(self.made, "lists", build or "plain"))
        place = next(f for f in folders if os.path.exists(
            os.path.join(self.top, f, source)))
        if flags is None:
            flags = FLAGS + self.sanitizers
        ours = f'-DRAFT_SCENARIO_OURS="{"+".join(self._modules())}"'
        command = [compiler, *flags, ours, "-MMD", *(f"-I{f}" for f in folders),
                   "-c", os.path.normpath(os.path.join(place, source)), "-o",
                   target]
        return subprocess.run(command, cwd=self.top, stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)

    def link(self, library, objects, root=None):
        target = self.library(library, root)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        # A function of an assist may have the same name, but is not meant.
        own = ["-Wl,-Bsymbolic-functions"] * \
            library.sources[0].startswith("demos/")
        subprocess.run(["gcc", "-shared", *own, *self.sanitizers, *WRAPS,
                        *objects, "-o", target], check=True)

    def _link_calls(self):
        subprocess.run(["gcc", "-shared", "-fPIC", self._place("calls.c"),
                        "-o", self._place("calls.so")], check=True)

    def _place(self, name):
        return os.path.join(self.made, name)

    def link_program(self, program):
        target = self.executable(program)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        wanted = self.linked(program)
        folders = {os.path.dirname(self.library(l)) for l in wanted}
        subprocess.run(
            ["gcc", *self.sanitizers, "-Wl,--no-as-needed",
             *(WRAPS if self._says(program.sources[0], FAILING) else []),
             *(self.object(s) for s in program.sources),
             *(f"-L{f}" for f in folders),
             *(f"-Wl,-rpath,{f}" for f in folders),
             *(f"-l{l.name}" for l in wanted), self._place("calls.so"),
             *LIBRARIES, "-o", target],
            check=True)

    def _made_of(self, target):
        with open(target[:-1] + "d") as file:
            return file.read().replace("\\\n", " ").split()[1:]

    def dependencies(self, target):
        """What an object was made of, of the project's."""
        return {os.path.normpath(w) for w in self._made_of(target)
                if w[0] != "/"}

    def _is_old(self, target):
        """A list of modules, too, may be newer."""
        try:
            made = os.path.getmtime(target)
            return any(os.path.getmtime(os.path.join(self.top, d)) > made
                       for d in self._made_of(target))
        except OSError:
            return True

    def make(self, jobs, say, die):
        """Of all objects and libraries what has changed since the last time."""
        for build, active in BUILDS.items():
            self._write_list(build, active)
        self._write("calls.c", AS_THEY_ARE)
        self._link_calls()
        wanted = [(s, l.build) for l in self.libraries for s in l.sources] + \
            [(s, None) for p in self.programs for q in p.all
             for s in q.sources]
        old = [w for w in dict.fromkeys(wanted) if self._is_old(
            self.object(*w))]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            done = pool.map(lambda w: self.compile(
                w[0], self.object(*w), w[1]), old)
            for number, result in enumerate(done):
                if result.returncode != 0:
                    die(result.stderr)
                if number % 50 == 0:
                    say(f"compiling {len(old) - number} sources")
            list(pool.map(self._make_library, self.libraries))
        self._read_symbols([self.object(*w) for w in dict.fromkeys(wanted)])

    def _make_library(self, library):
        objects = [self.object(s, library.build) for s in library.sources]
        if is_older(self.library(library), objects):
            self.link(library, objects)

    def make_program(self, program):
        for one in program.all:
            if is_older(self.executable(one),
                        [self.object(s) for s in one.sources]):
                self.link_program(one)

    def _modules(self, build="whole"):
        """Those that it has, in the order of asking."""
        path = os.path.join(self.top, "raft.bzl")
        if not os.path.exists(path) or not BUILDS[build]:
            return []
        with open(path) as file:
            text = file.read()
        names = re.search(r"RAFT_MODULES = \[(.*?)\]", text, re.S)
        on = int(re.search(r"^RAFT_ON = (\d+)", text, re.M).group(1))
        return re.findall(r'"(\w+)"', names.group(1))[
            :on if build == "plain" else None]

    def _needs(self, module):
        """Those without which it is not safe."""
        with open(os.path.join(self.top, f"extensions/{module}/BUILD")) as file:
            needs = re.search(r"\bneeds = {(.*?)}", file.read(), re.S)
        return re.findall(r'"(\w+)": ', needs.group(1)) if needs else []

    def _of_modules(self, suffix, build="whole"):
        """Of those that it has."""
        return [file for module in self._modules(build)
                for file in self.files(f"extensions/{module}", suffix)]

    def _write_list(self, build, active):
        there = self._modules(build)
        self._write(f"lists/{build}/raft_extensions.h", LIST.format(
            includes="\n".join(f'#include "extensions/{m}/{m}.h"'
                               for m in there),
            list=" ".join(f"X({m})" for m in there), active=active,
            needs=" && ".join(["1"] + [
                f"(!HAS({m}) || HAS({other}))"
                for m in there for other in self._needs(m)])))

    def _write(self, name, text):
        path = self._place(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(path) or open(path).read() != text:
            with open(path, "w") as file:
                file.write(text)
