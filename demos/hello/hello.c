/* The smallest program: a group of one, and a log that nobody can pull the plug
 * of. A real one writes `save` to its disk and carries `send` to its peers. */
#include <stdio.h>

#include "raft/raft.h"

int
main(void)
{
	const struct raft_member self = { .identity = { .id = 1, .incarnation = 1 },
					  .role = RAFT_MEMBER_VOTER };
	const struct raft_configuration first = { .election_timeout_us = 1000000,
						  .members = &self,
						  .member_count = 1 };
	const struct raft_options options = { .self = self.identity };
	const struct raft_stored nothing = { 0 };
	const struct raft_payload hello = { .data = "hello", .length = 5 };
	struct raft_entry_id entry = { 0 };
	struct raft_duties duties;
	struct raft *raft;

	if (raft_start(&options, &nothing, 0, &raft) != RAFT_OK ||
	    raft_bootstrap(raft, &first, 0) != RAFT_OK)
		return 1;
	for (uint64_t now = 0; now < 1000000; now += 50000) {
		raft_expire(raft, now);
		if (entry.index == 0)
			(void)!raft_propose(raft, &hello, 1, now, &entry);
		while (raft_duties(raft, &duties)) {
			if (duties.save != NULL)
				raft_saved(raft, duties.save->token, now);
			for (size_t i = 0; i < duties.event_count; i++) {
				char text[128];

				raft_event_print(text, sizeof(text), &duties.events[i]);
				puts(text);
			}
			if (duties.outcome_count > 0)
				printf("entry %d is committed\n", (int)entry.index);
		}
	}
	raft_destroy(raft);
	return 0;
}
