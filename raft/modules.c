/*
 * The options of modules.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A module lists its options by name in its record; their values are numbers, in
 * the order of that list. So whoever reads a text can set one by its name, and
 * whoever writes C has a struct of named members; both give the same array.
 */
#include "raft/state.h"

static const struct {
	uint32_t number;
	const struct raft_extension *extension;
} modules[] = {
#define MODULE(m) { raft_##m##_number, &raft_##m##_extension },
	RAFT_EXTENSIONS(MODULE)
#undef MODULE
	{ RAFT_MODULE_NONE, NULL },
};

bool
raft_module_option(size_t place, struct raft_module_option *option)
{
	for (size_t i = 0; modules[i].extension != NULL; i++) {
		const struct raft_extension *extension = modules[i].extension;

		if (place >= extension->option_count) {
			place -= extension->option_count;
			continue;
		}
		*option = (struct raft_module_option){
			.module = extension->name,
			.name = extension->options[place].name,
			.number = modules[i].number,
			.position = (uint32_t)place,
			.least = extension->options[place].least,
			.most = extension->options[place].most,
		};
		return true;
	}
	return false;
}

bool
raft__module_options_are_sound(const void *const *given)
{
	struct raft_module_option option;

	for (size_t i = 0; raft_module_option(i, &option); i++) {
		const uint64_t *values = given[option.number];
		uint64_t value = values == NULL ? 0 : values[option.position];

		if (value != 0 && (value < option.least || value > option.most))
			return false;
	}
	return true;
}
