/*
 * States in the order of their distance from the first.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of a state that was visited its fingerprint of 64 bits is known. Two states of
 * one fingerprint would be taken for one: of ten million states that has a chance
 * of three in a million.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/model/model.h"

#define LINE_MAX_BYTES 2048
#define MOVES_MAX 200

/** A state as it waits to be looked at, and then as a part of ways. Numbered by its
 *  place, in words of 8 bytes. */
struct node {
	uint32_t parent;
	uint32_t code;
	uint32_t members[SERVERS_MAX];
	uint32_t history;
	uint16_t depth;
	uint8_t id;
	uint8_t bag_count;
	uint8_t left[EVENTS];
	uint32_t bag[];
};

struct searcher {
	struct region nodes;
	struct table visited;
	/** Where servers are told apart: what would have been visited. */
	struct table alike;
	uint32_t parent;
	uint16_t depth;
	/** The move that breaks a promise. */
	struct move last;
	struct found found;
};

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static const struct node *
node_at(const struct searcher *s, size_t number)
{
	return (const struct node *)(s->nodes.at + 8 * number);
}

static size_t
node_bytes(size_t bag_count)
{
	return (offsetof(struct node, bag) + 4 * bag_count + 7) & ~(size_t)7;
}

static void
add(struct searcher *s, const struct move *move, uint32_t parent)
{
	const struct world *world = &move->world;
	struct node *node =
	    region_take(&s->nodes, node_bytes(world->bag_count));

	*node = (struct node){
		.parent = parent,
		.code = move->code,
		.history = world->history,
		.depth = s->depth,
		.id = move->id,
		.bag_count = world->bag_count,
	};
	memcpy(node->members, world->members, sizeof(node->members));
	memcpy(node->left, world->left, sizeof(node->left));
	memcpy(node->bag, world->bag, 4 * (size_t)world->bag_count);
	s->found.states++;
}

static void
unpack(const struct node *node, struct world *world)
{
	world->history = node->history;
	world->bag_count = node->bag_count;
	memcpy(world->members, node->members, sizeof(node->members));
	memcpy(world->left, node->left, sizeof(node->left));
	memcpy(world->bag, node->bag, 4 * (size_t)node->bag_count);
}

static bool
visit(void *context, const struct move *move)
{
	struct searcher *s = context;
	bool is_new;

	reached_step(move->marks);
	if (move->broken != NULL) {
		s->last = *move;
		s->found.broken = move->broken;
		return false;
	}
	if (bounds.apart) {
		(void)table_slot(&s->alike, world_print(&move->world), &is_new);
		s->found.alike_states += is_new;
	}
	(void)table_slot(&s->visited,
			 bounds.apart ? world_print_as_named(&move->world)
				      : world_print(&move->world),
			 &is_new);
	if (!is_new)
		return true;
	add(s, move, s->parent);
	reached_state(&move->world);
	return true;
}

/* ----------------------------------------------------------------- traces */

static void
write_move(FILE *trace, const struct move *move)
{
	char text[LINE_MAX_BYTES];

	move_print(text, sizeof(text), move);
	fprintf(trace, "%s\n", text);
	if (move->broken != NULL) {
		fprintf(trace, "    %u %s\n", (unsigned int)move->id,
			move->broken);
		return;
	}
	member_print(text, sizeof(text), move->world.members[move->id - 1],
		     move->id);
	fprintf(trace, "    %s\n", text);
}

/** The move that led to a node. */
struct sought {
	const struct node *node;
	FILE *trace;
};

static bool
write_if_sought(void *context, const struct move *move)
{
	const struct sought *sought = context;
	const struct node *node = sought->node;
	const struct world *world = &move->world;

	if (move->broken != NULL || move->id != node->id ||
	    move->code != node->code || world->bag_count != node->bag_count ||
	    memcmp(world->bag, node->bag, 4 * (size_t)node->bag_count) != 0)
		return true;
	write_move(sought->trace, move);
	return false;
}

/** From the first state on. */
static void
write_way(const struct searcher *s, FILE *trace, uint32_t number)
{
	const struct node *node = node_at(s, number);
	struct sought sought = { .node = node, .trace = trace };
	struct world world;

	if (node->depth == 0)
		return;
	write_way(s, trace, node->parent);
	unpack(node_at(s, node->parent), &world);
	world_moves(&world, write_if_sought, &sought);
}

static void
add_step(struct way *way, const struct searcher *s, uint32_t from, uint8_t id,
	 uint32_t code)
{
	uint32_t member = node_at(s, from)->members[id - 1];

	must(way->count < WAY_MAX);
	way->steps[way->count++] = (struct way_step){
		.id = id,
		.code = code,
		.effect = member_step(member, id, code & ~CODE_TWICE),
		.before = member_facts(member),
	};
}

static void
collect_way(struct way *way, const struct searcher *s, uint32_t number)
{
	const struct node *node = node_at(s, number);

	if (node->depth == 0)
		return;
	collect_way(way, s, node->parent);
	add_step(way, s, node->parent, node->id, node->code);
}

static void
write_scenario(const struct searcher *s, FILE *scenario)
{
	static struct way way;

	collect_way(&way, s, s->parent);
	add_step(&way, s, s->parent, s->last.id, s->last.code);
	if (!scenario_write(scenario, &way, s->last.broken))
		printf("a scenario cannot say this way: use --trace\n");
}

static void
tell_progress(const struct searcher *s, double begun)
{
	double seconds = now() - begun;

	fprintf(
	    stderr, "%s, %s: %u steps, %zu states, %.0f a second, %zu MiB\n",
	    raft_build(), bounds.name, (unsigned int)s->depth, s->found.states,
	    (double)s->found.states / (seconds > 0 ? seconds : 1),
	    store_bytes() >> 20);
}

static void
write_found(struct searcher *s, FILE *trace, FILE *scenario)
{
	if (scenario != NULL)
		write_scenario(s, scenario);
	if (trace != NULL) {
		write_way(s, trace, s->parent);
		write_move(trace, &s->last);
	}
	s->found.depth++;
}

/** The state of that number, and how many words further the next one is. */
static size_t
look_at(struct searcher *s, size_t number)
{
	const struct node *node = node_at(s, number);
	size_t words = node_bytes(node->bag_count) / 8;
	struct world world;

	unpack(node, &world);
	must(number <= UINT32_MAX);
	s->parent = (uint32_t)number;
	s->depth = (uint16_t)(node->depth + 1);
	s->found.depth = node->depth;
	world_moves(&world, visit, s);
	return words;
}

struct found
search(FILE *trace, FILE *scenario)
{
	static struct searcher s;
	struct move first = { 0 };
	double begun = now(), told = begun;
	size_t next = 0;

	memset(&s, 0, sizeof(s));
	region_make(&s.nodes, (size_t)32 << 30);
	world_first(&first.world);
	(void)visit(&s, &first);
	while (next < s.nodes.used / 8 && s.found.broken == NULL &&
	       s.found.states < bounds.states_max) {
		next += look_at(&s, next);
		if (now() - told > 5) {
			tell_progress(&s, begun);
			told = now();
		}
	}
	s.found.exhausted = next == s.nodes.used / 8;
	s.found.seconds = now() - begun;
	if (s.found.broken != NULL)
		write_found(&s, trace, scenario);
	return s.found;
}

/* ---------------------------------------------------------------- replays */

struct replayer {
	char line[LINE_MAX_BYTES];
	struct move taken;
	bool is_taken;
};

static bool
compare(void *context, const struct move *move)
{
	struct replayer *r = context;
	char text[LINE_MAX_BYTES];

	move_print(text, sizeof(text), move);
	if (strcmp(text, r->line) != 0)
		return true;
	r->taken = *move;
	r->is_taken = true;
	return false;
}

struct found
search_replay(FILE *trace)
{
	struct found found = { 0 };
	static struct replayer r;
	struct world world;
	char text[LINE_MAX_BYTES];

	world_first(&world);
	while (found.broken == NULL &&
	       fgets(r.line, sizeof(r.line), trace) != NULL) {
		r.line[strcspn(r.line, "\n")] = '\0';
		if (r.line[0] < '1' || r.line[0] > '9')
			continue;
		r.is_taken = false;
		world_moves(&world, compare, &r);
		if (!r.is_taken) {
			printf("cannot be: %s\n", r.line);
			return found;
		}
		found.depth++;
		found.broken = r.taken.broken;
		world = r.taken.world;
		printf("%s\n", r.line);
		if (found.broken == NULL)
			member_print(text, sizeof(text),
				     world.members[r.taken.id - 1], r.taken.id);
		else
			snprintf(text, sizeof(text), "%u %s",
				 (unsigned int)r.taken.id, found.broken);
		printf("    %s\n", text);
	}
	found.exhausted = true;
	return found;
}
