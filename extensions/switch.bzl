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

def module_switch(name, is_on = True):
    """The flag //extensions:NAME, as it is at first, and what a select asks of it."""
    _flag(
        name = name,
        build_setting_default = is_on,
    )
    native.config_setting(
        name = name + "_is_off",
        flag_values = {name: "false"},
    )
