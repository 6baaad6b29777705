"""A test for each scenario file.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0
"""

def scenario_tests(files, seeds = 10):
    """Every build must meet what a file expects, with several seeds.

    Args:
      files: the .scenario files; FOLDER/NAME.scenario becomes NAME_scenario.
      seeds: how many, from 1.
    """
    for file in files:
        native.sh_test(
            name = file.split("/")[-1].replace(".", "_"),
            size = "medium",
            srcs = ["//demos/scenario:raft-scenario"],
            args = [
                "--every-build",
                "--quiet",
                "--seeds",
                str(seeds),
                "$(location %s)" % file,
            ],
            data = [file],
            tags = ["scenario"],
        )
