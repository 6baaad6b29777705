"""A flag of the command line for each module of //:raft.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0
"""

def _flag_impl(_ctx):
    return []

_flag = rule(
    implementation = _flag_impl,
    build_setting = config.bool(flag = True),
)

def module_switch(name):
    """The flag //extensions:NAME, on at first, and what a select asks of it."""
    _flag(
        name = name,
        build_setting_default = True,
    )
    native.config_setting(
        name = name + "_is_off",
        flag_values = {name: "false"},
    )
