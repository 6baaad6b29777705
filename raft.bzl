"""Builds of the library: a build is the core and a list of modules.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

    load(
        "@outrigger//:raft.bzl",
        "raft_extension",
        "raft_library",
        "raft_scenario",
    )

    raft_extension(
        name = "region_priority",  # record: raft_region_priority_extension
        srcs = ["region_priority.c"],
        hdr = "region_priority.h",
    )

    raft_library(
        name = "raft",
        extensions = [
            "@outrigger//extensions/prevote",
            ":region_priority",
        ],
    )

    # raft-scenario with our modules and this one, to be chosen from.
    raft_scenario(
        name = "scenario",
        extensions = [":region_priority"],
    )

docs/modules.md makes such a module from nothing.

The core is compiled once for each build, with a header raft_extensions.h made
from the list. The compiler sees the list and every record in it, so that a hook
becomes a direct call, and a module that is not in it leaves nothing behind.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")

# Our modules; a name here and its folder in extensions/ are all that one takes.
# They stand in the order in which they are asked, whatever order a list has:
# stickiness before prevote, so that a vote refused because a leader is alive says
# so even where both would refuse; checkquorum after them, since it speaks of
# leaders and the others of those who would replace them; and before learners, so
# that a leader without its majority gives up before it changes its configuration;
# and disconnect and split_vote after all that refuse, since they look at the requests
# that nobody refused. Of fencing nothing is asked that another answers; and catchup
# refuses nothing, and is asked nothing.
# The first RAFT_ON are in //:raft unless switched off, the others if switched on.
RAFT_MODULES = [
    "stickiness",
    "prevote",
    "checkquorum",
    "learners",
    "disconnect",
    "split_vote",
    "fencing",
    "catchup",
]

RAFT_ON = 4

# Of the others, those that no build has without certain modules.
RAFT_WITH = {
    "catchup": ["prevote"],
    "fencing": ["stickiness", "checkquorum"],
}

# What the library's own sources need; .bazelrc has the warnings.
RAFT_COPTS = [
    "-std=c11",
    "-D_GNU_SOURCE",
    "-fvisibility=hidden",
]

def _subsets(names):
    subsets = [[]]
    for name in names:
        subsets = subsets + [subset + [name] for subset in subsets]
    return subsets

# The builds that have a target in the root package, and their modules: each subset
# of those that are on, and each of the others alone, but for what it cannot be
# without, and beside all.
RAFT_BUILDS = {
    "raft_" + ("_".join(subset) or "baseline"): subset
    for subset in _subsets(RAFT_MODULES[:RAFT_ON]) +
                  [
                      [
                          module
                          for module in RAFT_MODULES
                          if module in RAFT_WITH.get(name, []) + [name]
                      ]
                      for name in RAFT_MODULES[RAFT_ON:]
                  ] +
                  [RAFT_MODULES]
}

# A build's name in a program, as raft_build() says it.
def raft_build_name(target):
    return "+".join(RAFT_BUILDS[target]) or "baseline"

# The modules that are switched on: //:raft. One is left out by, for example,
# --//extensions:prevote=false, and taken in by --//extensions:disconnect=true.
def raft_default_extensions():
    chosen = []
    for name in RAFT_MODULES:
        chosen = chosen + select({
            str(Label("//extensions:%s_is_off" % name)): [],
            "//conditions:default": [Label("//extensions/" + name)],
        })
    return chosen

RaftExtensionInfo = provider(
    "A module of the library.",
    fields = {
        "name": "as in its record, raft_NAME_extension",
        "header": "the File that defines the record",
        "sources": "its other Files",
        "root": "the folder that its includes start from",
        "needs": "what else a list must have, and why",
        "wants": "what else a list should have, and why",
    },
)

def _judge(conditions, knows):
    """They name modules, and say what can stand in a comment and a string of C."""
    for others, why in conditions.items():
        for other in others.split(" or "):
            if other not in RAFT_MODULES + knows:
                fail("no module is named '%s', of ours or in knows" % other)
        for part in ["\"", "\\", "\n", "/*", "*/"]:
            if part in why:
                fail("cannot stand in C: " + why)

def _raft_extension_impl(ctx):
    sources = ctx.files.srcs
    _judge(ctx.attr.needs, ctx.attr.knows)
    _judge(ctx.attr.wants, ctx.attr.knows)
    files = [ctx.file.hdr] + sources
    return [
        DefaultInfo(
            files = depset(files),
            runfiles = ctx.runfiles(files = files),
        ),
        RaftExtensionInfo(
            name = ctx.label.name,
            header = ctx.file.hdr,
            sources = sources,
            root = ctx.label.workspace_root or ".",
            needs = ctx.attr.needs,
            wants = ctx.attr.wants,
        ),
    ]

raft_extension = rule(
    implementation = _raft_extension_impl,
    doc = "A module. It is compiled as a part of each build that lists it.",
    attrs = {
        "hdr": attr.label(allow_single_file = [".h"], mandatory = True),
        "srcs": attr.label_list(allow_files = [".c", ".h"]),
        "needs": attr.string_dict(
            doc = "Another module, or several joined by ' or ', and what is " +
                  "not safe without it: such a build does not compile.",
        ),
        "wants": attr.string_dict(
            doc = "The same, and what may stand still without it: advice, " +
                  "printed when such a list is composed.",
        ),
        "knows": attr.string_list(
            doc = "Modules beside ours that these name; any other name is " +
                  "taken for a mistake.",
        ),
    },
)

def _in_order(modules):
    """Ours trade places until they are in order; others keep theirs."""
    names = [module.name for module in modules]
    for position, name in enumerate(names):
        if name in names[:position]:
            fail("two modules are named " + name)
    ours = [modules[names.index(name)] for name in RAFT_MODULES if name in names]
    ordered = []
    for module in modules:
        if module.name in RAFT_MODULES:
            ordered.append(ours.pop(0))
        else:
            ordered.append(module)
    return ordered

def _alternatives(others, names):
    """Those of "NAME or NAME" that are in the list."""
    return [other for other in others.split(" or ") if other in names]

def _gaps(module, conditions, names):
    """A sentence for each condition that the list does not fulfil."""
    return [
        "%s without %s: %s" % (module.name, others, why)
        for others, why in conditions.items()
        if not _alternatives(others, names)
    ]

def _needs(modules, names):
    """What a mask must have, in C: HAS(module) is true of what is in it."""
    return " && ".join(["1"] + [
        "(!HAS(%s) || %s)" % (module.name, " || ".join([
            "HAS(%s)" % other
            for other in _alternatives(others, names)
        ]))
        for module in modules
        for others in module.needs
        if _alternatives(others, names)
    ])

_LIST = """\
/* Written by raft_library() for {build}: the modules of this build. */
#ifndef RAFT_EXTENSIONS_H
#define RAFT_EXTENSIONS_H

#include <stdbool.h>

{includes}#define RAFT_EXTENSIONS(X){list}
#define RAFT_EXTENSION_ACTIVE(member, number) {active}
#define RAFT_EXTENSION_NEEDS(HAS) ({needs})
{gaps}
#endif
"""

_ALWAYS = "true"
_BY_MASK = "((bool)(((member)->mask >> (number)) & 1u))"

def _path(file):
    """From the root of its own repository; Bazel says ../REPOSITORY/PATH."""
    path = file.short_path
    return path.split("/", 2)[2] if path.startswith("../") else path

def _raft_extension_list_impl(ctx):
    modules = _in_order([e[RaftExtensionInfo] for e in ctx.attr.extensions])
    names = [module.name for module in modules]
    unsafe = []
    advice = []
    for module in modules:
        unsafe.extend(_gaps(module, module.needs, names))
        advice.extend(_gaps(module, module.wants, names))
    for gap in advice:
        print("\n%s: advice: %s" % (ctx.attr.build, gap))
    header = ctx.actions.declare_file(ctx.label.name + "/raft_extensions.h")
    ctx.actions.write(header, _LIST.format(
        build = ctx.attr.build,
        includes = "".join([
            "#include \"%s\"\n" % _path(module.header)
            for module in modules
        ]) + ("\n" if modules else ""),
        list = "".join([" X(%s)" % module.name for module in modules]),
        active = _BY_MASK if ctx.attr.masked else _ALWAYS,
        needs = _needs(modules, names),
        gaps = "".join(
            ["/* Advice: %s. */\n" % gap for gap in advice] +
            ["#error \"%s\"\n" % gap for gap in unsafe],
        ),
    ))
    files = [header]
    for module in modules:
        files.append(module.header)
        files.extend(module.sources)
    return [
        DefaultInfo(
            files = depset(files),
            runfiles = ctx.runfiles(files = files),
        ),
        CcInfo(compilation_context = cc_common.create_compilation_context(
            quote_includes = depset(
                [header.dirname] + [module.root for module in modules],
            ),
        )),
    ]

_raft_extension_list = rule(
    implementation = _raft_extension_list_impl,
    attrs = {
        "build": attr.string(doc = "Whose list it is."),
        "extensions": attr.label_list(providers = [RaftExtensionInfo]),
        "masked": attr.bool(),
    },
)

def _composition(name, extensions, masked):
    """What a build is compiled from."""
    _raft_extension_list(
        name = name + "_list",
        build = "//%s:%s" % (native.package_name(), name),
        extensions = extensions,
        masked = masked,
        tags = ["manual"],
        visibility = [
            str(Label("//demos/lab:__pkg__")),
            str(Label("//tests:__subpackages__")),
        ],
    )
    return {
        "srcs": [Label("//raft:core"), name + "_list"],
        "copts": RAFT_COPTS,
        "deps": [Label("//raft:headers"), name + "_list"],
    }

def raft_library(name, extensions = [], masked = False, **kwargs):
    """A build of the library, to link with, seen through raft/raft.h alone.

    It is linked whole, so that its place among the deps does not matter and
    two builds in one program are an error, not a choice of the linker's.

    Args:
      name: of the target.
      extensions: the modules, labels of raft_extension targets; may be a select.
      masked: for the simulator: each member has those modules that its
        options' mask names, so that one process can hold members of many
        builds.
      **kwargs: passed on to cc_library.
    """
    cc_library(
        name = name,
        alwayslink = True,
        linkstatic = True,
        **dict(_composition(name, extensions, masked), **kwargs)
    )

def raft_scenario(name, extensions = [], **kwargs):
    """The program raft-scenario with our modules and others, to be chosen from.

    Its --build, `when` and `needs` know each by its name, and --every-build
    runs each subset of them.

    Args:
      name: of the program.
      extensions: the other modules, labels of raft_extension targets.
      **kwargs: passed on to cc_binary.
    """
    raft_library(
        name = name + "_masked",
        extensions = [
            Label("//extensions/" + module)
            for module in RAFT_MODULES
        ] + extensions,
        masked = True,
        visibility = ["//visibility:private"],
        **{
            key: value
            for key, value in kwargs.items()
            if key in ["tags", "testonly"]
        }
    )
    cc_binary(
        name = name,
        deps = [
            Label("//demos/compare"),
            name + "_masked",
        ],
        **kwargs
    )
