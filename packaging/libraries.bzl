"""What is installed: libraries made of the assists.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

An installed library is some assists and what is private to them, as an archive
and as a shared object that has the public symbols alone. Another installed
library that it needs is linked, not copied into it. All of it is compiled as it is
to be used, whatever the tests beside it are compiled with.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# As raft/raft.h says; tests/install compares them.
_VERSION = "0.1.0"

# Programs linked with a library are not to be run with one of another number.
_ABI = "0"

LibraryInfo = provider(
    "An installed library.",
    fields = {
        "files": "where it is installed: pairs of a path and a File",
        "links": "likewise, pairs of a path and what it points to",
        "shared": "depset of shared objects: it, and what it needs",
        "parts": "depset of the labels of what is public in them",
    },
)

_PLAIN = {
    "//command_line_option:compilation_mode": "opt",
    "//command_line_option:platform_suffix": "installed",
    "//command_line_option:strip": "sometimes",
    # The warnings of .bazelrc are given where the same sources are tested.
    "//command_line_option:copt": ["-D_GNU_SOURCE"],
    "//command_line_option:conlyopt": ["-std=c11"],
    "//command_line_option:linkopt": [],
}

def _plain_impl(settings, attr):
    return _PLAIN

_plain = transition(
    implementation = _plain_impl,
    inputs = [],
    outputs = _PLAIN.keys(),
)

def _objects(dep, others):
    """The objects that a part is made of, but for what others have in public."""
    found = []
    flags = []
    for given in dep[CcInfo].linking_context.linker_inputs.to_list():
        flags.extend(given.user_link_flags)
        if given.owner not in others:
            for library in given.libraries:
                found.extend(library.pic_objects or library.objects)
    return found, flags

def _unique(things):
    return {thing: True for thing in things}.keys()

def _installed_library_impl(ctx):
    needs = [need[LibraryInfo] for need in ctx.attr.needs]
    others = depset(transitive = [need.parts for need in needs]).to_list()
    needed = depset(transitive = [need.shared for need in needs])
    objects = []
    flags = []
    for part in ctx.attr.parts:
        found, wanted = _objects(part, others)
        objects.extend(found)
        flags.extend(wanted)
    objects = _unique(objects)
    flags = _unique(flags)

    tools = find_cpp_toolchain(ctx)
    soname = "lib%s.so.%s" % (ctx.label.name, _ABI)
    shared = ctx.actions.declare_file(soname)
    link = ctx.actions.args()
    link.add_all(["-shared", "-o", shared, "-Wl,-soname," + soname])
    # The simulator has a core of its own, and calls that.
    link.add("-Wl,-Bsymbolic-functions")
    link.add_all(["-Wl,-z,defs", "-Wl,-z,relro,-z,now", "-Wl,--as-needed"])
    link.add_all(objects)
    link.add_all(needed)
    link.add_all(flags)
    ctx.actions.run(
        executable = tools.compiler_executable,
        arguments = [link],
        inputs = depset(objects, transitive = [needed, tools.all_files]),
        outputs = [shared],
        mnemonic = "SharedLibrary",
        use_default_shell_env = True,
    )

    archive = ctx.actions.declare_file("lib%s.a" % ctx.label.name)
    ctx.actions.run(
        executable = tools.ar_executable,
        arguments = ["rcsD", archive.path] + [file.path for file in objects],
        inputs = depset(objects, transitive = [tools.all_files]),
        outputs = [archive],
        mnemonic = "Archive",
    )

    headers = list(ctx.files.headers)
    for part in ctx.attr.parts:
        context = part[CcInfo].compilation_context
        headers.extend(context.direct_public_headers)
    headers = _unique(headers)
    config = ctx.actions.declare_file(ctx.label.name + ".pc")
    ctx.actions.expand_template(
        template = ctx.file._config,
        output = config,
        substitutions = {
            "{name}": ctx.label.name,
            "{description}": ctx.attr.description,
            "{version}": _VERSION,
            "{requires}": ", ".join([
                "%s = %s" % (need.label.name, _VERSION)
                for need in ctx.attr.needs
            ] + ctx.attr.seen),
            "{requires_private}": ", ".join(ctx.attr.linked),
        },
    )
    return [
        DefaultInfo(files = depset([shared, archive, config] + headers)),
        LibraryInfo(
            files = [("lib/" + file.basename, file) for file in [shared, archive]] +
                    [("lib/pkgconfig/" + config.basename, config)] +
                    [("include/outrigger/" + file.short_path, file) for file in headers],
            links = [("lib/lib%s.so" % ctx.label.name, soname)],
            shared = depset([shared], transitive = [needed]),
            parts = depset(
                [part.label for part in ctx.attr.parts],
                transitive = [need.parts for need in needs],
            ),
        ),
    ]

installed_library = rule(
    implementation = _installed_library_impl,
    attrs = {
        "parts": attr.label_list(
            doc = "What it is made of.",
            providers = [CcInfo],
            cfg = _plain,
        ),
        "headers": attr.label_list(
            doc = "Public ones beside those of the parts.",
            allow_files = [".h"],
        ),
        "needs": attr.label_list(
            doc = "Other installed libraries.",
            providers = [LibraryInfo],
        ),
        "seen": attr.string_list(
            doc = "Modules of pkg-config whose headers its own include.",
        ),
        "linked": attr.string_list(
            doc = "Modules of pkg-config that its archive needs.",
        ),
        "description": attr.string(mandatory = True),
        "_config": attr.label(
            allow_single_file = True,
            default = "//packaging:library.pc",
        ),
        "_cc_toolchain": attr.label(
            default = "@bazel_tools//tools/cpp:current_cc_toolchain",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def _installation_impl(ctx):
    files = []
    links = []
    for library in ctx.attr.libraries:
        files.extend(library[LibraryInfo].files)
        links.extend(library[LibraryInfo].links)
    files.extend([("bin/" + file.basename, file) for file in ctx.files.programs])
    for page in ctx.files.pages:
        files.append(("share/man/man%s/%s" % (page.extension, page.basename), page))
    for target, place in ctx.attr.shared.items():
        files.extend([
            ("share/%s/%s" % (place, file.basename), file)
            for file in target.files.to_list()
        ])

    # A header may be in two libraries.
    lines = _unique(
        ["file %s %s" % (path, file.short_path) for path, file in files] +
        ["link %s %s" % (path, target) for path, target in links],
    )
    manifest = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(manifest, "\n".join(lines) + "\n")
    files = [manifest] + [file for path, file in files]
    return [DefaultInfo(
        files = depset(files),
        runfiles = ctx.runfiles(files = files),
    )]

installation = rule(
    implementation = _installation_impl,
    doc = "What is installed where, below a prefix, as lines for install.sh.",
    attrs = {
        "libraries": attr.label_list(providers = [LibraryInfo]),
        "programs": attr.label_list(cfg = _plain),
        "pages": attr.label_list(allow_files = True),
        "shared": attr.label_keyed_string_dict(
            doc = "Other files, and where below share/.",
            allow_files = True,
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)

def _plain_program_impl(ctx):
    files = ctx.files.program
    return [DefaultInfo(
        files = depset(files),
        runfiles = ctx.runfiles(files = files),
    )]

plain_program = rule(
    implementation = _plain_program_impl,
    doc = "A program as it is installed, for tests of what it says rather than of itself: " +
          "the sanitizers of the others take most of its time.",
    attrs = {
        "program": attr.label(cfg = _plain),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)
