"""Cores with a bug in them, which the model checker has to find.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

A bug is a change of one file of the core by sed, which has to change so many lines
of it: a bug that does not fit any more fails to build. That file is compiled, and
linked before the rest of the core.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")

def _seeded_scenario(name, copts):
    """raft-scenario with that bug, which has every module to choose from."""
    cc_library(
        name = name + "_masked_part",
        testonly = True,
        srcs = [name + ".c"],
        copts = copts + ["-w"],
        deps = [":core_text_masked"],
        alwayslink = True,
    )
    cc_binary(
        name = name + "_scenario",
        testonly = True,
        deps = [
            "//demos/compare",
            name + "_masked_part",
            ":core_masked",
        ],
    )

def _seeded_test(name, file, change, lines, finds, args, copts, build = "baseline", scenario = False):
    """The bug is found, by its shortest way, which the right core does not go.

    Args:
      name: what the bug is.
      file: of the core.
      change: by sed.
      lines: how many it changes.
      finds: which promise it breaks, as the checker says it.
      args: the checker's bounds.
      copts: as for the core.
      build: which core.
      scenario: raft-scenario with the bug, too, is to notice it in the scenario
        that is made of the way.
    """
    native.genrule(
        name = name + "_source",
        testonly = True,
        srcs = ["//raft:core"],
        outs = [name + ".c"],
        cmd = " ".join([
            "for source in $(SRCS); do case $$source in",
            "*/%s) $(location seed.sh) $$source '%s' %d >$@;;" %
            (file, change.replace("$", "$$"), lines),
            "esac; done",
        ]),
        tools = ["seed.sh"],
    )
    cc_library(
        name = name + "_part",
        testonly = True,
        srcs = [name + ".c"],
        # A bug may leave something unused.
        copts = copts + ["-w"],
        deps = [":core_text_" + build],
        alwayslink = True,
    )
    cc_binary(
        name = name + "_check",
        testonly = True,
        deps = [
            ":checker_" + build,
            name + "_part",
            ":core_" + build,
        ],
    )
    programs = [name + "_check", "check_" + build]
    if scenario:
        _seeded_scenario(name, copts)
        programs += [name + "_scenario", "//demos/scenario:raft-scenario"]
    native.sh_test(
        name = name,
        size = "medium",
        srcs = ["seeded_test.sh"],
        args = ["$(location %s)" % program for program in programs] +
               ["--", "'%s'" % finds] + args,
        data = programs,
        tags = ["cpu:2"],
    )

def seeded_tests(seeds, copts):
    """One for each: what _seeded_test is given, by its name."""
    for name, seed in seeds.items():
        _seeded_test(name = name, copts = copts, **seed)
