"""What a workspace that uses Outrigger must know besides it.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

Bazel's own C toolchain, java and test packages load rule sets by name, which it
would download. Each has a stand-in here that forwards to the rules that are built
into Bazel. What a workspace has declared under one of the names before stays.
"""

def _stand_in_impl(ctx):
    here = ctx.path(Label("//third_party:dependencies.bzl")).dirname
    for file in here.get_child(ctx.name).readdir():
        ctx.symlink(file, file.basename)

_stand_in = repository_rule(
    implementation = _stand_in_impl,
    local = True,
)

def outrigger_dependencies():
    """Declares the repositories that are not there yet; nothing is fetched."""
    for name in ["remote_coverage_tools", "rules_cc", "rules_java"]:
        if name not in native.existing_rules():
            _stand_in(name = name)
