/*
 * One event at one member: the library's own code.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A member's memory comes from an arena that stands at one address, into which
 * its image is copied before an event and from which it is copied after. So its
 * pointers hold, and a copy of the arena is a copy of the member.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "raft/state.h"
#include "tests/model/member.h"
#include "tests/model/model.h"

/** A turn of duties that never ends is a bug, too. */
#define TURNS_MAX 32

/** A member, as it is kept. */
struct image {
	struct facts facts;
	uint64_t prints[RENAMINGS_MAX];
	size_t length;
	uint8_t bytes[];
};

struct place place;

static struct region images, effects;
static struct table images_by_print, effects_by_event;
static struct image **image_at;
static size_t image_count, image_room, steps;

/* ------------------------------------------------------------- the arena */

static size_t
class_bytes(size_t size_class)
{
	return (size_t)64 << size_class;
}

/** Zeroed. Blocks have sizes of powers of two, so that one that is freed fits
 *  another that is asked for. */
static struct block *
take_block(size_t size_class)
{
	struct block *block;

	must(size_class < SIZE_CLASSES);
	block = place.free[size_class];
	if (block != NULL) {
		place.free[size_class] = block->following;
	} else {
		block = (struct block *)(place.arena + place.arena_used);
		place.arena_used += sizeof(*block) + class_bytes(size_class);
		must(place.arena_used <= sizeof(place.arena));
		block->size_class = size_class;
	}
	memset(block + 1, 0, class_bytes(size_class));
	return block;
}

static void *
resize(void *context, void *memory, size_t bytes)
{
	struct block *block =
	    memory == NULL ? NULL : (struct block *)memory - 1;
	struct block *larger = NULL;
	size_t size_class = 0;

	(void)context;
	while (bytes > class_bytes(size_class))
		size_class++;
	if (block != NULL && bytes > 0 && size_class <= block->size_class)
		return memory;
	if (bytes > 0)
		larger = take_block(size_class);
	if (block != NULL && larger != NULL)
		memcpy(larger + 1, memory, class_bytes(block->size_class));
	if (block != NULL) {
		block->following = place.free[block->size_class];
		place.free[block->size_class] = block;
	}
	return larger == NULL ? NULL : larger + 1;
}

/* --------------------------------------------------------------- images */

static void
load(uint32_t member)
{
	const struct image *image = image_at[member];

	memcpy(&place, image->bytes, image->length);
}

static struct disk *
given(void)
{
	return &place.stages[place.write_count];
}

/** Of a leader. */
static void
fill_match(struct facts *facts)
{
	const struct raft_membership *m = place.raft->membership;

	for (size_t i = 0; i < m->peer_count; i++)
		if (i != m->self)
			facts->match[m->peers[i].identity.id] =
			    (uint8_t)m->peers[i].match_index;
}

static void
fill_facts(struct facts *facts)
{
	struct raft_status status;

	raft_status(place.raft, &status);
	must(status.term < TERMS_MAX && status.last.index <= ENTRIES_MAX);
	*facts = (struct facts){
		.term = (uint8_t)status.term,
		.role = (uint8_t)status.role,
		.commit = (uint8_t)status.commit_index,
		.stopped = status.stopped,
		.writes = place.write_count,
		.durable = place.stages[0],
		.given = *given(),
	};
	if (facts->role == RAFT_LEADER)
		fill_match(facts);
}

static uint64_t
mix_disk(uint64_t hash, const struct disk *disk, unsigned int renaming)
{
	hash = mix(hash, (uint64_t)disk->term << 24 |
			     (uint64_t)renamings[renaming][disk->vote] << 16 |
			     (uint64_t)disk->base << 8 | disk->last);
	for (size_t i = 1; i <= disk->last; i++) {
		hash = mix(hash,
			   (uint64_t)disk->at[i].term << 8 | disk->at[i].kind);
		hash = mix(hash,
			   payload_at(disk->at[i].payload)->prints[renaming]);
	}
	return hash;
}

static uint64_t
print_of_place(unsigned int renaming)
{
	uint64_t hash = shape_of(place.raft, renaming);

	hash = mix(hash, place.clock);
	hash = mix(hash, (uint64_t)place.write_count << 8 | place.read_count);
	for (size_t i = 0; i <= place.write_count; i++)
		hash = mix_disk(hash, &place.stages[i], renaming);
	hash = mix_disk(hash, &place.received, renaming);
	return hash == 0 ? 1 : hash;
}

static struct image *
make_image(void)
{
	size_t length = offsetof(struct place, arena) + place.arena_used;
	struct image *image = region_take(&images, sizeof(*image) + length);

	fill_facts(&image->facts);
	image->length = length;
	memcpy(image->bytes, &place, length);
	return image;
}

/** The number of the member that stands in the place. */
static uint32_t
keep(void)
{
	uint64_t prints[RENAMINGS_MAX];
	uint32_t *number;
	bool is_new;

	for (unsigned int k = 0; k < renaming_count; k++)
		prints[k] = print_of_place(k);
	number = table_slot(&images_by_print, prints[0], &is_new);
	if (!is_new)
		return *number;
	if (image_count == image_room) {
		image_room = image_room == 0 ? 1024 : 2 * image_room;
		image_at = realloc(image_at, image_room * sizeof(*image_at));
		must(image_at != NULL);
	}
	*number = (uint32_t)image_count;
	image_at[image_count] = make_image();
	memcpy(image_at[image_count]->prints, prints, sizeof(prints));
	return (uint32_t)image_count++;
}

const struct facts *
member_facts(uint32_t member)
{
	return &image_at[member]->facts;
}

uint64_t
member_print_of(uint32_t member, unsigned int renaming)
{
	return image_at[member]->prints[renaming];
}

size_t
member_count(void)
{
	return image_count;
}

size_t
member_steps(void)
{
	return steps;
}

/* -------------------------------------------------------- carrying out */

static void
break_promise(struct effect *effect, const char *what)
{
	if (effect->broken == NULL)
		effect->broken = what;
}

/** The log begins behind the snapshot that was received. */
static void
begin_behind(struct disk *disk, const struct raft_stored_snapshot *snapshot)
{
	must(place.received.last == snapshot->last.index);
	memcpy(disk->at, place.received.at, sizeof(disk->at));
	disk->base = disk->last = place.received.last;
	memset(&place.received, 0, sizeof(place.received));
}

static void
take_save(struct effect *effect, const struct raft_save *save)
{
	uint8_t last = given()->last;
	struct disk *disk;

	must(place.write_count + 1 < STAGES_MAX);
	place.stages[place.write_count + 1] = *given();
	place.write_count++;
	place.token = save->token;
	disk = given();
	disk->term = (uint8_t)save->term;
	disk->vote = (uint8_t)save->vote.id;
	if (save->snapshot != NULL)
		begin_behind(disk, save->snapshot);
	if (save->truncate_from != 0 && save->truncate_from <= last)
		effect->marks |= mark(MARK_DROPPED);
	if (save->truncate_from != 0)
		disk->last = (uint8_t)(save->truncate_from - 1);
	for (size_t i = 0; i < save->entry_count; i++) {
		const struct raft_entry *entry = &save->entries[i];

		must(entry->index == disk->last + UINT64_C(1));
		must(entry->index <= ENTRIES_MAX);
		disk->at[++disk->last] = (struct kept){
			.term = (uint8_t)entry->term,
			.kind = (uint8_t)entry->kind,
			.payload = payload_number(&entry->payload, entry->kind),
		};
	}
	memset(&disk->at[disk->last + 1], 0,
	       (ENTRIES_MAX - (size_t)disk->last) * sizeof(disk->at[0]));
}

/** An append's entries are those of the log at this moment. */
static void
fill_append(struct effect *effect, struct raft_message *message,
	    struct raft_entry *entries)
{
	const struct raft_append *append = &message->append;
	const struct disk *disk = given();

	must(append->last.index <= disk->last);
	if (append->previous.index < disk->base &&
	    append->last.index > append->previous.index)
		break_promise(effect, "sends an entry that it has dropped");
	for (uint64_t i = append->previous.index + 1; i <= append->last.index;
	     i++) {
		const struct payload *payload = payload_at(disk->at[i].payload);

		entries[i - append->previous.index - 1] = (struct raft_entry){
			.index = i,
			.term = disk->at[i].term,
			.kind = disk->at[i].kind,
			.payload = { .data = payload->length == 0
						 ? NULL
						 : payload->bytes,
				     .length = payload->length },
		};
	}
	message->append.entries = entries;
}

/** A snapshot goes in one part. */
static void
fill_snapshot(struct raft_message *message,
	      struct raft_snapshot_content *content, uint8_t *bytes)
{
	const struct raft_snapshot_message *snapshot = &message->snapshot;

	*content = *snapshot->content;
	if (content->part.length > 0) {
		must(snapshot_bytes(given(), (size_t)snapshot->snapshot.index,
				    bytes) == content->part.length);
		content->part.data = bytes;
	}
	message->snapshot.content = content;
}

static void
post(struct effect *effect, const struct raft_message *sent)
{
	struct raft_entry entries[ENTRIES_MAX];
	struct raft_snapshot_content content;
	uint8_t bytes[sizeof(struct disk)];
	struct raft_message message = *sent;
	const char *broken = promises_check_said(&message, &place.stages[0]);

	if (broken != NULL)
		break_promise(effect, broken);
	if (raft_message_has_entries(&message))
		fill_append(effect, &message, entries);
	if (message.kind == RAFT_MESSAGE_SNAPSHOT)
		fill_snapshot(&message, &content, bytes);
	must(effect->sent_count < SENT_MAX);
	effect->sent[effect->sent_count] = message_number(&message);
	effect->marks |= message_at(effect->sent[effect->sent_count++])->marks;
}

static void
note_ends(struct effect *effect, const struct raft_duties *duties)
{
	for (size_t i = 0; i < duties->read_count; i++) {
		must(effect->read_count < READS_MAX);
		effect->reads[effect->read_count].name =
		    (uint8_t)duties->reads[i].read;
		effect->reads[effect->read_count++].index =
		    (uint8_t)duties->reads[i].index;
		effect->marks |= mark(
		    duties->reads[i].index != 0 ? MARK_READ : MARK_READ_LOST);
	}
	for (size_t i = 0; i < duties->outcome_count; i++) {
		const struct raft_outcome *outcome = &duties->outcomes[i];

		must(effect->outcome_count < 4);
		effect->outcomes[effect->outcome_count].kind =
		    (uint8_t)outcome->kind;
		effect->outcomes[effect->outcome_count].term =
		    (uint8_t)outcome->term;
		effect->outcomes[effect->outcome_count].first =
		    (uint8_t)outcome->range.first;
		effect->outcomes[effect->outcome_count++].last =
		    (uint8_t)outcome->range.last;
		effect->marks |= mark(MARK_COMMITTED + outcome->kind -
				      RAFT_OUTCOME_COMMITTED);
	}
}

static void
take_parts(const struct raft_duties *duties)
{
	for (size_t i = 0; i < duties->part_count; i++) {
		const struct raft_snapshot_part *part = &duties->parts[i];

		must(part->offset == 0 && part->bytes.length == part->size);
		snapshot_read(&place.received, part->bytes.data,
			      part->bytes.length);
		must(place.received.last == part->snapshot.index);
		raft_snapshot_saved(place.raft, part->snapshot, part->size,
				    place.clock);
	}
}

/** The state machine loads a snapshot, and applies what follows it. */
static void
apply(struct effect *effect, const struct raft_duties *duties)
{
	const struct disk *durable = &place.stages[0];

	if (duties->install.index != 0) {
		if (duties->install.index != durable->base)
			break_promise(effect,
				      "loads a snapshot behind which its log "
				      "does not begin");
		raft_applied(place.raft, duties->install.index);
	}
	if (duties->apply.first > duties->apply.last)
		return;
	if (duties->apply.last > given()->last)
		break_promise(effect, "applies what its log lacks");
	if (duties->apply.last > durable->last && !bounds.ahead)
		break_promise(effect, "applies what is not durable");
	if (duties->apply.last > durable->last)
		effect->marks |= mark(MARK_AHEAD);
	raft_applied(place.raft, duties->apply.last);
}

static void
take_duties(struct effect *effect, bool late, bool is_permitted)
{
	struct raft_duties duties;
	int turns = 0;

	late = late || place.write_count > 0;
	while (raft_duties(place.raft, &duties)) {
		must(++turns < TURNS_MAX);
		if (duties.save != NULL) {
			take_save(effect, duties.save);
			effect->saved = true;
		}
		for (size_t i = 0; i < duties.send_count; i++)
			post(effect, &duties.send[i]);
		must(duties.verify.index == 0);
		for (size_t i = 0; i < duties.event_count; i++)
			effect->marks |= reached_by_event(
			    &duties.events[i], given(), is_permitted);
		take_parts(&duties);
		apply(effect, &duties);
		note_ends(effect, &duties);
		if (place.write_count > 0 && !late) {
			place.stages[0] = *given();
			place.write_count = 0;
			raft_saved(place.raft, place.token, place.clock);
		}
	}
}

/* --------------------------------------------------------------- events */

/** What its log held, in the caller's room. */
static void
fill_stored(struct raft_stored *stored, struct raft_term_run *runs,
	    struct raft_stored_configuration *configurations)
{
	const struct disk *disk = &place.stages[0];

	*stored = (struct raft_stored){
		.term = disk->term,
		.vote = { disk->vote, disk->vote != 0 },
		.snapshot = { disk->base, disk->at[disk->base].term },
		.runs = runs,
		.last_index = disk->last,
		.configurations = configurations,
	};
	for (size_t i = 1; i <= disk->last; i++) {
		const struct kept *kept = &disk->at[i];
		const struct payload *payload = payload_at(kept->payload);

		if (i > disk->base &&
		    (stored->run_count == 0 ||
		     runs[stored->run_count - 1].term != kept->term))
			runs[stored->run_count++] =
			    (struct raft_term_run){ i, kept->term };
		if (kept->kind != RAFT_ENTRY_CONFIGURATION)
			continue;
		/* Of those that the snapshot covers, the newest. */
		if (i <= disk->base)
			stored->configuration_count = 0;
		configurations[stored->configuration_count++] =
		    (struct raft_stored_configuration){ i, payload->bytes,
							payload->length };
	}
}

/** Of all up to there; the log has no entries before it then. */
static void
take_snapshot(uint64_t index)
{
	uint8_t bytes[sizeof(struct disk)];
	size_t size = snapshot_bytes(&place.stages[0], (size_t)index, bytes);

	must(raft_snapshot_taken(place.raft, index, size) == RAFT_OK);
	for (size_t i = 0; i <= place.write_count; i++)
		if (place.stages[i].base < index)
			place.stages[i].base = (uint8_t)index;
}

static void
start(unsigned int id)
{
	static const struct raft_allocator allocator = { .resize = resize };
	const struct raft_options options = {
		.self = { id, 1 },
		/* What the core mixes in comes out of it again: all draw alike. */
		.seed = (uint64_t)id << 32,
		.batch_entries_max = bounds.batch,
		.ahead_of_disk = bounds.ahead,
		.allocator = &allocator,
	};
	struct raft_term_run runs[ENTRIES_MAX];
	struct raft_stored_configuration configurations[ENTRIES_MAX];
	struct raft_stored stored;

	memset(place.arena, 0, sizeof(place.arena));
	memset(place.free, 0, sizeof(place.free));
	place.arena_used = 0;
	place.raft = NULL;
	fill_stored(&stored, runs, configurations);
	must(raft_start(&options, &stored, place.clock, &place.raft) ==
	     RAFT_OK);
	shape_fix_chance(place.raft, 1);
	if (place.stages[0].base > 0)
		take_snapshot(place.stages[0].base);
}

static void
crash(unsigned int id, uint32_t durable)
{
	place.stages[0] = place.stages[durable];
	place.write_count = 0;
	memset(&place.received, 0, sizeof(place.received));
	start(id);
}

static void
saved(void)
{
	uint64_t token = place.token - place.write_count + 1u;

	for (size_t i = 0; i < place.write_count; i++)
		place.stages[i] = place.stages[i + 1];
	place.write_count--;
	raft_saved(place.raft, token, place.clock);
}

static void
propose(unsigned int id)
{
	const struct payload *payload = payload_at((uint8_t)id);
	const struct raft_payload one = { .data = payload->bytes,
					  .length = payload->length };

	(void)!raft_propose(place.raft, &one, 1, place.clock, NULL);
}

/** Of all entries, those after that one; after none, its snapshot, which it does not
 *  give as a leader. */
static void
offer(uint64_t to, uint64_t after)
{
	const struct raft_identity taker = { to, 1 };
	struct raft_entry_id previous = { 0 };

	if (after == 0) {
		(void)raft__give_part(place.raft, taker, 1, previous, 0);
		return;
	}
	previous.index = after;
	previous.term = raft__log_term_at(&place.raft->log, after);
	must(raft__offer(place.raft, taker, 1, previous));
}

static void
read_once(struct effect *effect)
{
	uint64_t name = 0;

	if (raft_read(place.raft, place.clock, &name) != RAFT_OK)
		return;
	effect->read_begun = true;
	effect->read = (uint8_t)name;
	place.read_count++;
}

static void
reconfigure(uint32_t which)
{
	struct raft_member members[SERVERS_MAX];
	struct raft_configuration target = { .election_timeout_us = T,
					     .members = members };

	target.member_count = members_of(bounds.targets[which], members);
	(void)!raft_reconfigure_anyway(place.raft, &target, place.clock, NULL);
}

static void
compact(struct effect *effect)
{
	struct raft_status status;

	raft_status(place.raft, &status);
	if (status.applied_index <= place.stages[0].base ||
	    status.applied_index > status.durable_index)
		return;
	take_snapshot(status.applied_index);
	effect->marks |= mark(MARK_COMPACTED);
}

static void
happen(struct effect *effect, unsigned int id, uint32_t code)
{
	uint64_t deadline = raft_deadline(place.raft);

	switch (code_event(code)) {
	case EVENT_RECEIVE:
		(void)raft_receive(place.raft,
				   &message_at(code_about(code))->message,
				   place.clock);
		return;
	case EVENT_SAVED:
		saved();
		return;
	case EVENT_EXPIRE:
		place.clock += 2 * T;
		(void)raft_expire(place.raft, place.clock);
		return;
	case EVENT_TICK:
		if (deadline == UINT64_MAX)
			return;
		if (deadline > place.clock)
			place.clock = deadline;
		(void)raft_expire(place.raft, place.clock);
		return;
	case EVENT_SLEEP:
		place.clock += T;
		return;
	case EVENT_CRASH:
		crash(id, code_about(code));
		return;
	case EVENT_PROPOSE:
		propose(id);
		return;
	case EVENT_READ:
		read_once(effect);
		return;
	case EVENT_TRANSFER:
		(void)!raft_transfer(place.raft, code_about(code), place.clock);
		return;
	case EVENT_RECONFIGURE:
		reconfigure(code_about(code));
		return;
	case EVENT_OFFER:
		offer(code_about(code) & 7, code_about(code) >> 3);
		return;
	case EVENT_COMPACT:
		compact(effect);
		return;
	case EVENT_CLOSED:
		raft_peer_closed(place.raft, code_about(code), place.clock);
		return;
	default:
		must(false);
	}
}

static sigjmp_buf aborted;
/** What the library says of itself. */
static FILE *said;
static char said_bytes[512];

static void
on_abort(int signal_number)
{
	(void)signal_number;
	siglongjmp(aborted, 1);
}

/** The fact that is not true, in the library's words. */
static const char *
assertion(void)
{
	static const char before[] = "not true: ";
	static char words[sizeof(said_bytes)];
	const char *fact;

	must(fflush(said) == 0);
	fact = strstr(said_bytes, before);
	must(fact != NULL);
	snprintf(words, sizeof(words), "asserts: %.*s",
		 (int)strcspn(fact + sizeof(before) - 1, "\n"),
		 fact + sizeof(before) - 1);
	return words;
}

/** The library's own assertions are promises, too. Where it says which one does not
 *  hold is listened to meanwhile. */
static void
carry_out(struct effect *effect, unsigned int id, uint32_t code)
{
	struct sigaction action = { .sa_handler = on_abort }, before;
	FILE *usual = stderr;
	bool is_permitted;

	if (said == NULL)
		said = fmemopen(said_bytes, sizeof(said_bytes), "w");
	must(said != NULL);
	sigaction(SIGABRT, &action, &before);
	stderr = said;
	if (sigsetjmp(aborted, 1) == 0) {
		/* Rounds, which are named at random, have names of their own. */
		shape_fix_chance(place.raft, place.clock + place.read_count);
		is_permitted = shape_is_permitted(place.raft);
		happen(effect, id, code);
		take_duties(effect, code_late(code), is_permitted);
		effect->next = keep();
	} else {
		effect->broken = assertion();
	}
	stderr = usual;
	sigaction(SIGABRT, &before, NULL);
}

const struct effect *
member_step(uint32_t member, unsigned int id, uint32_t code)
{
	static struct effect scratch;
	struct effect *effect;
	uint32_t *number;
	bool is_new;

	number =
	    table_slot(&effects_by_event,
		       mix(0, ((uint64_t)member + 1) << 32 | code), &is_new);
	if (!is_new)
		return (const struct effect *)(effects.at +
					       (size_t)*number * 8);
	*number = (uint32_t)(effects.used / 8);
	steps++;
	memset(&scratch, 0, sizeof(scratch));
	load(member);
	carry_out(&scratch, id, code);
	effect = region_take(&effects,
			     offsetof(struct effect, sent) +
				 scratch.sent_count * sizeof(scratch.sent[0]));
	memcpy(effect, &scratch,
	       offsetof(struct effect, sent) +
		   scratch.sent_count * sizeof(scratch.sent[0]));
	return effect;
}

uint32_t
member_first(unsigned int id)
{
	struct raft_member members[SERVERS_MAX];
	struct raft_configuration first = { .election_timeout_us = T,
					    .members = members };
	struct effect effect = { 0 };

	if (images.at == NULL) {
		region_make(&images, (size_t)16 << 30);
		region_make(&effects, (size_t)16 << 30);
	}
	first.member_count =
	    members_of((1u << (bounds.voters + 1)) - 2, members);
	memset(&place, 0, sizeof(place));
	place.clock = 10 * T;
	start(id);
	if (id <= bounds.voters)
		must(raft_bootstrap(place.raft, &first, place.clock) ==
		     RAFT_OK);
	take_duties(&effect, false, false);
	must(effect.broken == NULL && effect.sent_count == 0);
	return keep();
}
