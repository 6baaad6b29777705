/*
 * What every member of a cluster promises, whatever happens to it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/cluster.h"

struct raft_entry_id
log_name(const struct log *log, uint64_t index)
{
	if (index == log->base.index)
		return log->base;
	must(index > log->base.index && index <= log->last);
	return (struct raft_entry_id){ index, log->at[index].term };
}

const uint8_t *
log_configuration(const struct log *log, uint64_t below, size_t *length)
{
	for (uint64_t i = below - 1; i > log->base.index; i--)
		if (log->at[i].kind == RAFT_ENTRY_CONFIGURATION) {
			*length = log->at[i].length;
			return log->at[i].bytes;
		}
	*length = log->configuration_length;
	return log->configuration_length == 0 ? NULL : log->configuration;
}

/* --------------------------------------------------------- log matching */

static uint64_t
content_of(const struct kept *kept)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) + (uint64_t)kept->kind;

	for (size_t i = 0; i < kept->length; i++)
		hash = (hash ^ kept->bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/** Two logs with an entry of one index and term agree up to there (3.5). */
static size_t
check_name(struct cluster *c, struct server *s, uint64_t index)
{
	const struct kept *kept = &s->log.at[index];
	struct named seen = {
		.term = kept->term,
		.previous_term = log_name(&s->log, index - 1).term,
		.content = content_of(kept),
	};
	size_t i = 0;

	while (i < NAMES_MAX && c->names[index][i].term != 0 &&
	       c->names[index][i].term != kept->term)
		i++;
	must(i < NAMES_MAX);
	if (c->names[index][i].term == 0)
		c->names[index][i] = seen;
	must(c->names[index][i].content == seen.content);
	must(c->names[index][i].previous_term == seen.previous_term);
	return i;
}

/* ---------------------------------------------------- configurations */

static struct raft_configuration
decode(const uint8_t *bytes, size_t length, struct raft_member *members)
{
	struct raft_configuration configuration;

	must(raft_configuration_decode(bytes, length, &configuration, members,
				       2 * SERVERS) == RAFT_OK);
	return configuration;
}

static enum raft_member_role
role_in(const struct raft_configuration *configuration,
	struct raft_identity who, bool before)
{
	for (size_t i = 0; i < configuration->member_count; i++) {
		const struct raft_member *member = &configuration->members[i];

		if (member->identity.id == who.id &&
		    member->identity.incarnation == who.incarnation)
			return before ? member->role_before : member->role;
	}
	return RAFT_MEMBER_NONE;
}

static size_t
count_voters_lost(const struct raft_configuration *a,
		  const struct raft_configuration *b)
{
	size_t lost = 0;

	for (size_t i = 0; i < a->member_count; i++)
		lost += a->members[i].role == RAFT_MEMBER_VOTER &&
			role_in(b, a->members[i].identity, false) !=
			    RAFT_MEMBER_VOTER;
	return lost;
}

static void
check_same(const struct raft_configuration *a,
	   const struct raft_configuration *b, bool before)
{
	for (size_t i = 0; i < a->member_count; i++)
		must(a->members[i].role == RAFT_MEMBER_NONE ||
		     a->members[i].role ==
			 role_in(b, a->members[i].identity, before));
	for (size_t i = 0; i < b->member_count; i++)
		must((before ? b->members[i].role_before
			     : b->members[i].role) ==
		     role_in(a, b->members[i].identity, false));
}

/** Majorities of two that follow each other meet (4.1, 4.3). */
static void
check_adjacent(struct cluster *c, struct server *s, uint64_t index)
{
	struct raft_member old_members[2 * SERVERS], members[2 * SERVERS];
	struct raft_configuration old, new;
	const uint8_t *bytes;
	size_t length;

	(void)c;
	bytes = log_configuration(&s->log, index, &length);
	if (bytes == NULL)
		return;
	old = decode(bytes, length, old_members);
	new = decode(s->log.at[index].bytes, s->log.at[index].length, members);
	tallies[TALLY_JOINT] += new.joint;
	if (old.joint) {
		must(!new.joint);
		check_same(&old, &new, false);
	} else if (new.joint) {
		check_same(&old, &new, true);
	} else {
		must(count_voters_lost(&old, &new) +
			 count_voters_lost(&new, &old) <=
		     1);
	}
}

void
check_entry(struct cluster *c, struct server *s, uint64_t index)
{
	(void)check_name(c, s, index);
	if (s->log.at[index].kind == RAFT_ENTRY_CONFIGURATION)
		check_adjacent(c, s, index);
}

/* -------------------------------------------------------------- history */

static void
check_not_lost(struct cluster *c, struct raft_entry_id entry)
{
	for (size_t i = 0; i < NAMES_MAX; i++)
		must(c->names[entry.index][i].term != entry.term ||
		     !c->lost[entry.index][i]);
}

void
check_applied(struct cluster *c, struct server *s)
{
	uint64_t index = s->machine.at.index;
	struct state *known = &c->history[index];
	struct raft_status status;

	raft_status(s->raft, &status);
	if (known->at.index == 0) {
		*known = s->machine;
		c->history_seen[index] = status.term;
		must(index == c->history_last + 1);
		c->history_last = index;
		check_not_lost(c, s->machine.at);
	}
	must(memcmp(known, &s->machine, sizeof(*known)) == 0);
	must(c->told[index] == 0 || c->told[index] == s->machine.at.term);
	if (status.term < c->history_seen[index])
		c->history_seen[index] = status.term;
	tallies[TALLY_APPLIED]++;
}

void
check_proposed(struct cluster *c, struct server *s, struct raft_entry_id first,
	       size_t count)
{
	(void)c;
	for (size_t i = 0; i < count; i++) {
		must(s->open[first.index + i] == 0);
		s->open[first.index + i] = first.term;
	}
}

static void
note_lost(struct cluster *c, struct raft_entry_id entry)
{
	/* Nobody has seen it, nor will. */
	for (size_t i = 0; i < NAMES_MAX; i++)
		must(c->names[entry.index][i].term != entry.term);
}

void
check_outcome(struct cluster *c, struct server *s,
	      const struct raft_outcome *outcome)
{
	for (uint64_t i = outcome->range.first; i <= outcome->range.last; i++) {
		struct raft_entry_id entry = { i, outcome->term };

		must(s->open[i] == outcome->term);
		s->open[i] = 0;
		if (outcome->kind == RAFT_OUTCOME_LOST) {
			note_lost(c, entry);
			tallies[TALLY_LOST]++;
		} else if (outcome->kind == RAFT_OUTCOME_COMMITTED) {
			must(c->told[i] == 0 || c->told[i] == entry.term);
			must(c->history[i].at.index == 0 ||
			     c->history[i].at.term == entry.term);
			c->told[i] = entry.term;
			tallies[TALLY_COMMITTED]++;
		} else {
			tallies[TALLY_UNKNOWN]++;
		}
	}
}

void
check_read(struct cluster *c, struct server *s, const struct raft_read *read)
{
	size_t i = 0;

	(void)c;
	while (i < s->read_count && s->reads[i].name != read->read)
		i++;
	must(i < s->read_count);
	/* As new as all that was committed before it was asked for (6.4). */
	must(read->index == 0 || read->index >= s->reads[i].floor);
	tallies[read->index == 0 ? TALLY_READ_LOST : TALLY_READ]++;
	s->reads[i] = s->reads[--s->read_count];
}

/** Leader Completeness (3.6): what was committed in an older term is there. */
static void
check_complete(struct cluster *c, struct server *s, uint64_t term)
{
	for (uint64_t i = s->log.base.index + 1; i <= c->history_last; i++)
		if (c->history_seen[i] < term) {
			must(i <= s->log.last);
			must(s->log.at[i].term == c->history[i].at.term);
		}
}

void
check_status(struct cluster *c, struct server *s)
{
	struct raft_status status;
	uint64_t life;

	raft_status(s->raft, &status);
	must(!status.stopped);
	must(raft_counter(s->raft, RAFT_COUNTER_ABSURD_TERM) == 0);
	must(raft_counter(s->raft, RAFT_COUNTER_ABSURD_INDEX) == 0);
	must(raft_counter(s->raft, RAFT_COUNTER_MALFORMED) == 0);
	must(raft_counter(s->raft, RAFT_COUNTER_FUTURE_ECHO) == 0);
	must(raft_counter(s->raft, RAFT_COUNTER_RIVAL_LEADER) == 0);
	must(raft_counter(s->raft, RAFT_COUNTER_CONTRADICTION) == 0);
	if (status.role != RAFT_LEADER)
		return;
	must(status.term < TERMS_MAX);
	life = s->identity.id << 32 | s->life;
	if (c->leaders[status.term] == 0) {
		c->leaders[status.term] = life;
		tallies[TALLY_ELECTED]++;
		check_complete(c, s, status.term);
	}
	/* Election Safety (3.4). */
	must(c->leaders[status.term] == life);
}

void
check_all(struct cluster *c)
{
	for (uint64_t i = 1; i < ENTRIES_MAX; i++)
		must(c->told[i] == 0 || c->told[i] == c->history[i].at.term);
	for (size_t i = 0; i < SERVERS; i++) {
		struct server *s = &c->servers[i];
		struct raft_status status;

		raft_status(s->raft, &status);
		for (uint64_t at = 1; at < ENTRIES_MAX; at++)
			must(s->open[at] == 0);
		must(s->read_count == 0);
	}
}
