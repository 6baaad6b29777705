"""A module that is refused, and why.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0
"""

load("//:raft.bzl", "raft_extension")

_FAILURES = analysis_test_transition(settings = {
    "//command_line_option:allow_analysis_failures": "True",
})

def _refused_test_impl(ctx):
    said = ""
    target = ctx.attr.target[0]
    if AnalysisFailureInfo in target:
        causes = target[AnalysisFailureInfo].causes.to_list()
        said = "\n".join([cause.message for cause in causes])
    return [AnalysisTestResultInfo(
        success = ctx.attr.says in said,
        message = "%s: it does not say '%s' but '%s'" %
                  (target.label, ctx.attr.says, said),
    )]

_refused_test = rule(
    implementation = _refused_test_impl,
    attrs = {
        "says": attr.string(mandatory = True),
        "target": attr.label(cfg = _FAILURES, mandatory = True),
    },
    analysis_test = True,
)

def refused_module(name, says, needs = {}, wants = {}):
    """A test that such a module cannot be analyzed, for a reason that says this.

    Args:
      name: of the module; the test is NAME_refused_test.
      says: what must be in the message.
      needs: as in raft_extension.
      wants: as in raft_extension.
    """
    raft_extension(
        name = name,
        # Nobody gets so far as to look for it.
        hdr = name + ".h",
        needs = needs,
        wants = wants,
        tags = ["manual"],
    )
    _refused_test(
        name = name + "_refused_test",
        size = "small",
        says = says,
        target = name,
    )
