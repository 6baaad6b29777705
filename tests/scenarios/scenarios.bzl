"""A test for each scenario file.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0
"""

load("//:raft.bzl", "RAFT_BUILDS", "raft_build_name")

def scenario_tests(files, seeds = 2, shards = 2):
    """Each build of the root package must meet what a file expects, with several seeds.

    Args:
      files: the .scenario files; FOLDER/NAME.scenario becomes NAME_scenario.
      seeds: how many, from 1.
      shards: among so many processes.
    """
    for file in files:
        native.sh_test(
            name = file.split("/")[-1].replace(".", "_"),
            size = "medium",
            srcs = ["//tests/scenarios:shard.sh"],
            args = [
                "$(location //demos/scenario:raft-scenario)",
                "--quiet",
                "--seeds",
                str(seeds),
                "$(location %s)" % file,
            ] + ["--build=" + raft_build_name(build) for build in RAFT_BUILDS],
            data = [
                file,
                "//demos/scenario:raft-scenario",
            ],
            shard_count = shards,
            tags = [
                "cpu:2",
                "scenario",
            ],
        )
