/*
 * Servers, their logs, and the network between them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/cluster.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/masks.h"

#define TURNS_MAX 64

/** A message on its way, with all that it points to. */
struct passage {
	struct raft_block block;
	struct raft_message message;
	struct raft_snapshot_content content;
	uint8_t configuration[ENTRY_BYTES_MAX];
	uint8_t part[PART_BYTES_MAX];
	struct raft_entry *entries;
	struct kept *kept;
	/** How many messages went this way before it. */
	uint64_t number;
	/** The sender has yet to fill in the bytes, in this life of its. */
	bool late;
	uint64_t life;
};

uint64_t tallies[TALLY_COUNT];
bool cluster_narrates;

static void
vtell(const struct cluster *c, const char *format, va_list arguments)
{
	printf("%4" PRIu64 ".%06" PRIu64 " ", c->now / T, c->now % T);
	vprintf(format, arguments);
	printf("\n");
	fflush(stdout);
}

void
tell(const struct cluster *c, const char *format, ...)
{
	va_list arguments;

	if (!cluster_narrates)
		return;
	va_start(arguments, format);
	vtell(c, format, arguments);
	va_end(arguments);
}

void
server_tells(const struct cluster *c, const struct server *s,
	     const char *format, ...)
{
	char named[128];
	va_list arguments;

	if (!cluster_narrates)
		return;
	snprintf(named, sizeof(named), "n%" PRIu64 " %s", s->identity.id,
		 format);
	va_start(arguments, format);
	vtell(c, named, arguments);
	va_end(arguments);
}

/* What the library says of itself. */
static void
trace(void *context, const char *text)
{
	printf("            n%" PRIu64 " %s\n",
	       ((const struct server *)context)->identity.id, text);
}

static void *
allocate(size_t bytes)
{
	void *memory = calloc(1, bytes);

	must(memory != NULL);
	return memory;
}

static void *
resize(void *context, void *memory, size_t bytes)
{
	struct cluster *c = context;

	if (bytes == 0) {
		c->blocks--;
		free(memory);
		return NULL;
	}
	c->blocks += memory == NULL;
	memory = realloc(memory, bytes);
	must(memory != NULL);
	return memory;
}

static uint64_t
draw(struct cluster *c, uint64_t below)
{
	return chance_below(&c->chance, below);
}

/** Any of the modules linked that may be together. */
static uint64_t
random_mask(struct cluster *c)
{
	uint64_t all = 0, mask;

	must(raft_mask(raft_build(), &all));
	do
		mask = all & chance_draw(&c->chance);
	while (!mask_composes(mask));
	return mask;
}

uint64_t
server_now(const struct cluster *c, const struct server *s)
{
	return c->now + s->clock;
}

/* --------------------------------------------------------------- the log */

static void
note_configurations(struct log *log, uint64_t up_to)
{
	for (uint64_t i = log->base.index + 1; i <= up_to; i++) {
		const struct kept *kept = &log->at[i];

		if (kept->kind != RAFT_ENTRY_CONFIGURATION)
			continue;
		log->configuration_index = i;
		log->configuration_length = kept->length;
		memcpy(log->configuration, kept->bytes, kept->length);
	}
}

static void
log_compact(struct log *log, struct raft_entry_id base)
{
	must(base.index <= log->last);
	note_configurations(log, base.index);
	log->base = base;
}

static void
log_write(struct log *log, const struct write *write)
{
	const struct raft_save *save = &write->save;

	log->term = save->term;
	log->vote = save->vote;
	if (save->snapshot != NULL) {
		log->base = write->begins.last;
		log->last = log->base.index;
		log->configuration_index = write->begins.configuration_index;
		log->configuration_length = write->begins.configuration_length;
		memcpy(log->configuration, write->configuration,
		       log->configuration_length);
	}
	if (save->truncate_from != 0) {
		must(save->truncate_from > log->base.index);
		must(save->truncate_from <= log->last + 1);
		log->last = save->truncate_from - 1;
	}
	for (size_t i = 0; i < save->entry_count; i++) {
		must(write->first + i == log->last + 1);
		log->at[++log->last] = write->entries[i];
	}
}

static void
count_truncated(const struct log *log, uint64_t from)
{
	struct raft_member members[2 * SERVERS];
	struct raft_configuration configuration;

	for (uint64_t i = from; i <= log->last; i++)
		if (log->at[i].kind == RAFT_ENTRY_CONFIGURATION &&
		    raft_configuration_decode(log->at[i].bytes,
					      log->at[i].length, &configuration,
					      members, 2 * SERVERS) == RAFT_OK)
			tallies[TALLY_JOINT_TRUNCATED] += configuration.joint;
}

/** The oldest write is durable. */
static void
make_durable(struct server *s)
{
	struct write *write = &s->writes[0];

	log_write(&s->disk, write);
	if (write->save.snapshot != NULL)
		s->snapshot = write->state;
	free(write->entries);
	s->write_count--;
	memmove(write, write + 1, s->write_count * sizeof(*write));
}

static void
take_save(struct cluster *c, struct server *s, const struct raft_save *save)
{
	struct write *write;

	/* Who waits for its disk has half as many under way. */
	must(s->write_count < WRITES_MAX || s->is_ahead);
	if (s->write_count == WRITES_MAX) {
		uint64_t token = s->writes[0].save.token;

		make_durable(s);
		raft_saved(s->raft, token, server_now(c, s));
	}
	write = &s->writes[s->write_count++];
	memset(write, 0, sizeof(*write));
	write->save = *save;
	if (save->snapshot != NULL) {
		write->begins = *save->snapshot;
		must(write->begins.configuration_length <= ENTRY_BYTES_MAX);
		memcpy(write->configuration, write->begins.configuration,
		       write->begins.configuration_length);
		/* All of it was stored, and is still there. */
		must(s->receives.index == write->begins.last.index);
		must(s->receives.term == write->begins.last.term);
		must(s->stored == SNAPSHOT_BYTES);
		memcpy(&write->state, s->received, sizeof(write->state));
	}
	if (save->entry_count > 0) {
		write->entries =
		    allocate(save->entry_count * sizeof(*write->entries));
		write->first = save->entries[0].index;
	}
	for (size_t i = 0; i < save->entry_count; i++) {
		const struct raft_entry *entry = &save->entries[i];
		struct kept *kept = &write->entries[i];

		must(entry->index == write->first + i);
		must(entry->index < ENTRIES_MAX);
		must(entry->payload.length <= ENTRY_BYTES_MAX);
		kept->term = entry->term;
		kept->kind = entry->kind;
		kept->length = entry->payload.length;
		if (kept->length > 0)
			memcpy(kept->bytes, entry->payload.data, kept->length);
	}
	if (save->truncate_from != 0)
		count_truncated(&s->log, save->truncate_from);
	log_write(&s->log, write);
	for (size_t i = 0; i < save->entry_count; i++)
		check_entry(c, s, write->first + i);
}

void
server_save(struct cluster *c, struct server *s, size_t writes)
{
	uint64_t token = 0;

	if (s->write_count > 0)
		server_tells(c, s, "has %zu of %zu writes durable",
			     writes < s->write_count ? writes : s->write_count,
			     s->write_count);
	while (writes-- > 0 && s->write_count > 0) {
		token = s->writes[0].save.token;
		make_durable(s);
	}
	if (token != 0)
		raft_saved(s->raft, token, server_now(c, s));
	if (s->stored < s->received_size) {
		s->stored = s->received_size;
		raft_snapshot_saved(s->raft, s->receives, s->stored,
				    server_now(c, s));
	}
}

/* -------------------------------------------------------------- messages */

static void
passage_release(struct raft_block *block)
{
	struct passage *passage = (struct passage *)(void *)block;

	free(passage->entries);
	free(passage->kept);
	memset(passage, 0xa5, sizeof(*passage));
	free(passage);
}

static void
let_go(struct passage *passage)
{
	const struct raft_payload payload = { .owner = &passage->block };

	raft_payload_release(&payload);
}

static bool
log_has(const struct log *log, struct raft_entry_id entry)
{
	return entry.index >= log->base.index && entry.index <= log->last &&
	       log_name(log, entry.index).term == entry.term;
}

/** False: the log cannot give it any more. */
static bool
fill_append(struct cluster *c, struct server *from, struct passage *passage)
{
	struct raft_append *append = &passage->message.append;
	uint64_t to = passage->message.to.id;
	size_t count;

	if (!log_has(&from->log, append->last) ||
	    append->previous.index < from->log.base.index) {
		raft_unreadable(from->raft, to, server_now(c, from));
		return false;
	}
	if (append->last.index > append->previous.index + 1 && draw(c, 6) == 0)
		append->last =
		    log_name(&from->log, append->previous.index + 1);
	count = (size_t)(append->last.index - append->previous.index);
	if (count > 0 && draw(c, 2) == 0 &&
	    passage->message.kind == RAFT_MESSAGE_APPEND)
		raft_append_sent(from->raft, to, append->last.index, count * 8,
				 server_now(c, from));
	if (count == 0)
		return true;
	passage->entries = allocate(count * sizeof(*passage->entries));
	passage->kept = allocate(count * sizeof(*passage->kept));
	for (size_t i = 0; i < count; i++) {
		uint64_t index = append->previous.index + 1 + i;
		struct kept *kept = &passage->kept[i];

		*kept = from->log.at[index];
		passage->entries[i] = (struct raft_entry){
			.index = index,
			.term = kept->term,
			.kind = kept->kind,
			.payload = { .data = kept->bytes,
				     .length = kept->length,
				     .owner = &passage->block },
		};
	}
	append->entries = passage->entries;
	return true;
}

/** A snapshot is a state and zeros. */
static void
fill_part(struct cluster *c, struct server *from, struct passage *passage)
{
	struct raft_snapshot_message *message = &passage->message.snapshot;
	struct state *state = &c->history[message->snapshot.index];
	uint8_t bytes[SNAPSHOT_BYTES] = { 0 };

	passage->content = *message->content;
	/* It has not been deleted. */
	must(message->snapshot.index >= raft_snapshot_oldest(from->raft));
	must(state->at.index == message->snapshot.index);
	must(state->at.term == message->snapshot.term);
	memcpy(bytes, state, sizeof(*state));
	must(passage->content.part.length <= PART_BYTES_MAX);
	must(message->offset + passage->content.part.length <= SNAPSHOT_BYTES);
	memcpy(passage->part, bytes + message->offset,
	       passage->content.part.length);
	passage->content.part.data = passage->part;
	passage->content.part.owner = &passage->block;
	if (passage->content.configuration != NULL) {
		must(passage->content.configuration_length <= ENTRY_BYTES_MAX);
		memcpy(passage->configuration, passage->content.configuration,
		       passage->content.configuration_length);
		passage->content.configuration = passage->configuration;
	}
	message->content = &passage->content;
}

/** What a draw makes of it. */
static uint64_t
weight(const struct passage *passage, uint64_t drawn)
{
	const struct raft_message *message = &passage->message;
	struct chance chance = { drawn };
	const uint64_t parts[] = { message->from.id, message->to.id,
				   passage->number };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		chance.state = chance_draw(&chance) ^ parts[i];
	return chance_draw(&chance);
}

size_t
passage_choose(struct cluster *c)
{
	uint64_t drawn = chance_draw(&c->chance);
	size_t best = 0;

	for (size_t i = 1; i < c->passage_count; i++)
		if (weight(c->passages[i], drawn) <
		    weight(c->passages[best], drawn))
			best = i;
	return best;
}

static void
tell_passage(const struct cluster *c, const struct passage *passage,
	     const char *what)
{
	char text[256];

	if (!cluster_narrates)
		return;
	raft_message_print(text, sizeof(text), &passage->message);
	tell(c, "%s: %s", what, text);
}

void
passage_drop(struct cluster *c, size_t position)
{
	tell_passage(c, c->passages[position], "is lost");
	let_go(c->passages[position]);
	c->passages[position] = c->passages[--c->passage_count];
	tallies[TALLY_DROPPED]++;
}

static void
post(struct cluster *c, struct server *from, const struct raft_message *message)
{
	struct passage *passage = allocate(sizeof(*passage));

	passage->block = (struct raft_block){ 1, passage_release };
	passage->message = *message;
	passage->life = from->life;
	passage->number = c->posted[from->identity.id][message->to.id]++;
	passage->late =
	    message->kind == RAFT_MESSAGE_APPEND && draw(c, 4) == 0;
	must(message->to.id >= 1 && message->to.id <= SERVERS);
	must(message->to.id != from->identity.id);
	if (raft_message_has_entries(message) && !passage->late &&
	    !fill_append(c, from, passage)) {
		/* It was in the log when it was handed out. */
		must(false);
	}
	if (message->kind == RAFT_MESSAGE_SNAPSHOT)
		fill_part(c, from, passage);
	if (c->passage_count == PASSAGES_MAX)
		passage_drop(c, (size_t)draw(c, PASSAGES_MAX));
	c->passages[c->passage_count++] = passage;
}

static bool
fill_late(struct cluster *c, struct passage *passage)
{
	struct server *from = &c->servers[passage->message.from.id - 1];
	bool filled;

	if (!passage->late)
		return true;
	if (from->raft == NULL || from->life != passage->life)
		return false;
	filled = fill_append(c, from, passage);
	passage->late = !filled;
	server_turn(c, from);
	return filled;
}

void
passage_deliver(struct cluster *c, size_t position, bool again)
{
	struct passage *passage = c->passages[position];
	uint64_t from = passage->message.from.id;
	uint64_t to = passage->message.to.id;
	struct server *s = &c->servers[to - 1];

	tell_passage(c, passage, again ? "arrives, and will again" : "arrives");
	if (!again)
		c->passages[position] = c->passages[--c->passage_count];
	else
		passage->block.references++;
	tallies[TALLY_DOUBLED] += again;
	if (!c->cut[from][to] && s->raft != NULL && fill_late(c, passage)) {
		tallies[TALLY_DELIVERED]++;
		(void)raft_receive(s->raft, &passage->message,
				   server_now(c, s));
	}
	let_go(passage);
}

/* --------------------------------------------------------------- machine */

static void
apply(struct cluster *c, struct server *s, struct raft_range range)
{
	for (uint64_t i = range.first; i <= range.last; i++) {
		struct kept *kept = &s->log.at[i];
		uint64_t number = 0;

		must(i == s->machine.at.index + 1);
		must(i <= s->log.last);
		/* Durable. */
		must(s->is_ahead ||
		     (i <= s->disk.last && log_name(&s->disk, i).term ==
					       log_name(&s->log, i).term));
		if (i > s->disk.last)
			tallies[TALLY_AHEAD]++;
		if (kept->kind == RAFT_ENTRY_DATA)
			memcpy(&number, kept->bytes, sizeof(number));
		s->machine.value = s->machine.value * 31 + number;
		s->machine.at = log_name(&s->log, i);
		check_applied(c, s);
	}
	raft_applied(s->raft, s->machine.at.index);
}

static void
install(struct cluster *c, struct server *s, struct raft_entry_id snapshot)
{
	must(snapshot.index > s->machine.at.index);
	if (snapshot.index == s->receives.index)
		memcpy(&s->machine, s->received, sizeof(s->machine));
	else
		s->machine = s->snapshot;
	must(s->machine.at.index == snapshot.index);
	must(s->machine.at.term == snapshot.term);
	must(s->snapshot.at.index == snapshot.index);
	check_applied(c, s);
	raft_applied(s->raft, s->machine.at.index);
	tallies[TALLY_INSTALLED]++;
}

static void
store_part(struct cluster *c, struct server *s,
	   const struct raft_snapshot_part *part)
{
	if (part->offset == 0) {
		s->receives = part->snapshot;
		s->received_size = 0;
		s->stored = 0;
	}
	if (draw(c, 40) == 0) {
		raft_snapshot_failed(s->raft, part->snapshot,
				     server_now(c, s));
		return;
	}
	if (s->receives.index != part->snapshot.index ||
	    s->receives.term != part->snapshot.term ||
	    s->received_size != part->offset)
		return;
	must(part->offset + part->bytes.length <= SNAPSHOT_BYTES);
	if (part->bytes.length > 0)
		memcpy(s->received + part->offset, part->bytes.data,
		       part->bytes.length);
	s->received_size += part->bytes.length;
	if (s->received_size == part->size && draw(c, 30) == 0)
		raft_snapshot_damaged(s->raft, part->snapshot,
				      server_now(c, s));
}

static void
take_events(struct server *s, const struct raft_duties *duties)
{
	for (size_t i = 0; i < duties->event_count; i++) {
		enum raft_event_kind kind = duties->events[i].kind;

		tallies[TALLY_REMOVED] += kind == RAFT_EVENT_REMOVED;
		s->is_damaged |= kind == RAFT_EVENT_SNAPSHOT_DAMAGED;
	}
}

void
server_turn(struct cluster *c, struct server *s)
{
	struct raft_duties duties;
	int turns = 0;

	while (raft_duties(s->raft, &duties)) {
		must(++turns < TURNS_MAX);
		if (duties.save != NULL)
			take_save(c, s, duties.save);
		check_status(c, s);
		for (size_t i = 0; i < duties.send_count; i++)
			post(c, s, &duties.send[i]);
		for (size_t i = 0; i < duties.part_count; i++)
			store_part(c, s, &duties.parts[i]);
		if (duties.install.index != 0)
			install(c, s, duties.install);
		if (duties.verify.index != 0 && draw(c, 2) == 0)
			raft_snapshot_damaged(s->raft, duties.verify,
					      server_now(c, s));
		if (duties.apply.last >= duties.apply.first)
			apply(c, s, duties.apply);
		for (size_t i = 0; i < duties.read_count; i++)
			check_read(c, s, &duties.reads[i]);
		for (size_t i = 0; i < duties.outcome_count; i++)
			check_outcome(c, s, &duties.outcomes[i]);
		take_events(s, &duties);
		if (s->is_damaged)
			server_snapshot(c, s);
	}
	check_status(c, s);
}

/* -------------------------------------------------------- life and death */

void
server_crash(struct cluster *c, struct server *s)
{
	size_t durable = (size_t)draw(c, s->write_count + 1);

	server_tells(c, s, "crashes, with %zu of %zu writes durable", durable,
		     s->write_count);
	raft_destroy(s->raft);
	s->raft = NULL;
	while (durable-- > 0)
		make_durable(s);
	for (size_t i = 0; i < s->write_count; i++)
		free(s->writes[i].entries);
	s->write_count = 0;
	s->log = s->disk;
	s->receives = (struct raft_entry_id){ 0 };
	s->received_size = 0;
	s->stored = 0;
	memset(s->open, 0, sizeof(s->open));
	s->read_count = 0;
	s->machine = s->snapshot;
	tallies[TALLY_CRASHED]++;
}

void
server_wipe(struct cluster *c, struct server *s)
{
	struct raft_identity identity = s->identity;
	uint64_t life = s->life, clock = s->clock;

	server_tells(c, s, "loses its disk");
	if (s->raft != NULL)
		server_crash(c, s);
	memset(s, 0, sizeof(*s));
	identity.incarnation++;
	s->identity = identity;
	s->life = life;
	s->clock = clock;
	s->bootstrapped = true;
	s->mask = random_mask(c);
	tallies[TALLY_WIPED]++;
}

/** What its log held, in the caller's room. */
static void
store(struct server *s, struct raft_stored *stored, struct raft_term_run *runs,
      struct raft_stored_configuration *configurations)
{
	const struct log *log = &s->disk;

	*stored = (struct raft_stored){
		.term = log->term,
		.vote = log->vote,
		.snapshot = log->base,
		.applied_index = s->snapshot.at.index,
		.runs = runs,
		.last_index = log->last,
		.configurations = configurations,
	};
	if (log->base.index != 0)
		configurations[stored->configuration_count++] =
		    (struct raft_stored_configuration){
			    log->configuration_index, log->configuration,
			    log->configuration_length
		    };
	for (uint64_t i = log->base.index + 1; i <= log->last; i++) {
		const struct kept *kept = &log->at[i];

		if (stored->run_count == 0 ||
		    runs[stored->run_count - 1].term != kept->term)
			runs[stored->run_count++] =
			    (struct raft_term_run){ i, kept->term };
		if (kept->kind == RAFT_ENTRY_CONFIGURATION)
			configurations[stored->configuration_count++] =
			    (struct raft_stored_configuration){
				    i, kept->bytes, kept->length
			    };
	}
}

static void
bootstrap(struct cluster *c, struct server *s)
{
	struct raft_member members[SERVERS];
	const struct raft_configuration first = {
		.election_timeout_us = T,
		.members = members,
		.member_count = 3,
	};

	for (size_t i = 0; i < first.member_count; i++)
		members[i] = (struct raft_member){
			.identity = c->servers[i].identity,
			.role = RAFT_MEMBER_VOTER,
		};
	if (s->identity.id <= first.member_count && s->disk.last == 0)
		must(raft_bootstrap(s->raft, &first, server_now(c, s)) ==
		     RAFT_OK);
	/* A crash can undo it, and then it is done again. */
	s->bootstrapped = s->disk.last != 0;
}


void
server_start(struct cluster *c, struct server *s)
{
	static struct raft_term_run runs[ENTRIES_MAX];
	static struct raft_stored_configuration configurations[ENTRIES_MAX];
	const struct raft_allocator allocator = { c, resize };
	struct raft_options options = c->options;
	struct raft_stored stored;

	if (c->masks_change)
		s->mask = random_mask(c);
	options.self = s->identity;
	options.seed = chance_draw(&c->chance);
	options.mask = s->mask;
	options.snapshot_spare = draw(c, 2) == 0;
	options.ahead_of_disk = s->is_ahead = draw(c, 2) == 0;
	options.allocator = &allocator;
	if (cluster_narrates) {
		options.trace = trace;
		options.trace_context = s;
	}
	server_tells(c, s, "starts, with modules %#" PRIx64, s->mask);
	store(s, &stored, runs, configurations);
	s->life++;
	s->is_damaged = false;
	must(raft_start(&options, &stored, server_now(c, s), &s->raft) ==
	     RAFT_OK);
	if (s->snapshot.at.index != 0)
		must(raft_snapshot_taken(s->raft, s->snapshot.at.index,
					 SNAPSHOT_BYTES) == RAFT_OK);
	if (s->snapshot.at.index != 0) {
		struct raft_status status;

		raft_status(s->raft, &status);
		log_compact(&s->log, status.snapshot);
		log_compact(&s->disk, status.snapshot);
	}
	if (!s->bootstrapped)
		bootstrap(c, s);
	server_turn(c, s);
}

void
cluster_create(struct cluster *c, uint64_t seed)
{
	uint64_t mask;

	memset(c, 0, sizeof(*c));
	c->chance.state = seed;
	c->now = 1000;
	c->options = (struct raft_options){
		.batch_entries_max = (uint32_t)(1 + draw(c, 5)),
		.appends_in_flight_max = (uint32_t)(1 + draw(c, 4)),
		.uncommitted_entries_max = 4 + draw(c, 40),
		.bytes_in_flight_max = 16 + draw(c, 100),
		.snapshot_tail_entries = draw(c, 6),
		.snapshot_part_bytes = (uint32_t)(20 + draw(c, 100)),
	};
	mask = random_mask(c);
	c->masks_change = draw(c, 4) == 0;
	for (size_t i = 0; i < SERVERS; i++) {
		struct server *s = &c->servers[i];

		s->identity = (struct raft_identity){ i + 1, i * 100 + 1 };
		s->clock = draw(c, 10) * T;
		s->mask = mask;
	}
	if (draw(c, 3) != 0)
		for (size_t i = 0; i < SERVERS; i++)
			c->servers[i].mask = random_mask(c);
	for (size_t i = 0; i < SERVERS; i++)
		server_start(c, &c->servers[i]);
}

void
cluster_destroy(struct cluster *c)
{
	while (c->passage_count > 0)
		passage_drop(c, 0);
	for (size_t i = 0; i < SERVERS; i++)
		server_crash(c, &c->servers[i]);
	must(c->blocks == 0);
}

/* ------------------------------------------------------------------ verbs */

void
server_expire(struct cluster *c, struct server *s)
{
	for (int i = 0; raft_deadline(s->raft) <= server_now(c, s); i++) {
		/* No deadline stays in the past. */
		must(i < 8);
		(void)raft_expire(s->raft, server_now(c, s));
		server_turn(c, s);
	}
}

void
server_propose(struct cluster *c, struct server *s)
{
	struct passage *holder = allocate(sizeof(*holder));
	struct raft_payload payloads[3];
	size_t count = 1 + (size_t)draw(c, 3);
	struct raft_entry_id first;

	server_tells(c, s, "is given %zu proposals", count);
	holder->block = (struct raft_block){ 1, passage_release };
	for (size_t i = 0; i < count; i++) {
		c->proposed++;
		memcpy(holder->part + 8 * i, &c->proposed, 8);
		payloads[i] = (struct raft_payload){ holder->part + 8 * i, 8,
						     &holder->block };
	}
	if (raft_propose(s->raft, payloads, count, server_now(c, s), &first) ==
	    RAFT_OK)
		check_proposed(c, s, first, count);
	let_go(holder);
}

void
server_reconfigure(struct cluster *c, struct server *s)
{
	struct raft_member members[SERVERS];
	struct raft_configuration target = { .election_timeout_us = T,
					     .members = members };
	struct raft_entry_id entry;

	for (size_t i = 0; i < SERVERS; i++) {
		uint64_t chance = draw(c, 8);

		if (chance < 3)
			continue;
		members[target.member_count++] = (struct raft_member){
			.identity = c->servers[i].identity,
			.role = chance < 7 ? RAFT_MEMBER_VOTER
					   : RAFT_MEMBER_NON_VOTING,
		};
	}
	if (raft_reconfigure(s->raft, &target, server_now(c, s), &entry) !=
	    RAFT_OK)
		return;
	server_tells(c, s, "changes the members to %zu by entry %" PRIu64,
		     (size_t)target.member_count, entry.index);
	check_proposed(c, s, entry, 1);
	tallies[TALLY_RECONFIGURED]++;
}

void
server_read(struct cluster *c, struct server *s)
{
	uint64_t name;

	if (s->read_count == READS_MAX ||
	    raft_read(s->raft, server_now(c, s), &name) != RAFT_OK)
		return;
	server_tells(c, s, "is asked for read %" PRIu64, name);
	s->reads[s->read_count++] =
	    (struct waiting_read){ name, c->history_last };
}

void
server_snapshot(struct cluster *c, struct server *s)
{
	struct raft_status before, after;

	raft_status(s->raft, &before);
	if (s->machine.at.index <= s->snapshot.at.index && !s->is_damaged)
		return;
	/* What the log begins behind is to be loaded yet: one before it is of no use. */
	if (s->machine.at.index < before.snapshot.index) {
		must(raft_snapshot_taken(s->raft, s->machine.at.index,
					 SNAPSHOT_BYTES) == RAFT_OK);
		return;
	}
	if (s->machine.at.index > before.durable_index) {
		must(s->is_ahead);
		must(raft_snapshot_taken(s->raft, s->machine.at.index,
					 SNAPSHOT_BYTES) == RAFT_INVALID);
		return;
	}
	must(raft_snapshot_taken(s->raft, s->machine.at.index,
				 SNAPSHOT_BYTES) == RAFT_OK);
	server_tells(c, s, "has a snapshot up to %" PRIu64,
		     s->machine.at.index);
	raft_status(s->raft, &after);
	s->snapshot = s->machine;
	s->is_damaged = false;
	(void)c;
	if (after.snapshot.index == before.snapshot.index)
		return;
	log_compact(&s->log, after.snapshot);
	log_compact(&s->disk, after.snapshot);
}
