/*
 * What a server has told, for people (show.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server of another version may tell less than this asks for: what is not there is
 * shown as "-".
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "assists/admin/show.h"

#define CELL_BYTES 48
#define COLUMNS 10
/** The address, which is last, has as much room as it wants. */
#define ADDRESS (COLUMNS - 1)

struct row {
	char cells[COLUMNS][CELL_BYTES];
	/** In the place of the last cell. */
	const char *address;
	const char *note;
};

void
show_text(FILE *file, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (; *at != '\0'; at++) {
		/* Control characters have these two bytes, too. */
		bool is_high = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;

		putc(*at < ' ' || *at == 0x7f || is_high ? '?' : *at, file);
		at += is_high;
	}
}

/* ------------------------------------------------------------------- values */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "-";
}

static bool
is_so(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/** Numbers that are too large for JSON are texts. */
static void
put_number(char cell[CELL_BYTES], const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (json_is_integer(value))
		snprintf(cell, CELL_BYTES, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
	else
		snprintf(cell, CELL_BYTES, "%.40s", text_of(object, name));
}

static void
put_duration(char cell[CELL_BYTES], const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	double us = (double)json_integer_value(value);

	if (!json_is_integer(value))
		strcpy(cell, "-");
	else if (us < 1e6)
		snprintf(cell, CELL_BYTES, "%.1f ms", us / 1e3);
	else if (us < 600e6)
		snprintf(cell, CELL_BYTES, "%.1f s", us / 1e6);
	else if (us < 36000e6)
		snprintf(cell, CELL_BYTES, "%.0f min", us / 60e6);
	else
		snprintf(cell, CELL_BYTES, "%.0f h", us / 3600e6);
}

static void
put_bytes(char cell[CELL_BYTES], const json_t *object, const char *name)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	const json_t *value = json_object_get(object, name);
	double bytes = (double)json_integer_value(value);
	size_t unit = 0;

	while (bytes >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	if (!json_is_integer(value))
		strcpy(cell, "-");
	else
		snprintf(cell, CELL_BYTES, "%.*f %s", unit > 0 && bytes < 100,
			 bytes, units[unit]);
}

/* -------------------------------------------------------------------- table */

static const char *const headings[COLUMNS] = {
	"", "ID", "ROLE", "MATCH", "LAG", "BYTES", "TIME", "HEARD", "LINK",
	"ADDRESS",
};

/** Numbers end below each other. */
static bool
is_right(size_t column)
{
	return column == 1 || (column >= 3 && column <= 7);
}

/** What is not as it should be; else how long it takes there and back. */
static void
put_link(char cell[CELL_BYTES], const json_t *member)
{
	const json_t *link = json_object_get(member, "connection");
	bool out = is_so(link, "out"), in = is_so(link, "in");
	char trip[CELL_BYTES];

	put_duration(trip, link, "round_trip_us");
	if (!json_is_object(link))
		strcpy(cell, "-");
	else if (!out || !in)
		strcpy(cell, out  ? "out only"
			     : in ? "in only"
				  : "none");
	else
		snprintf(cell, CELL_BYTES, "%s",
			 strcmp(trip, "-") == 0 ? "up" : trip);
}

/** How a leader gets on with it, where that is not as it should be. */
static void
put_role(char cell[CELL_BYTES], const json_t *member)
{
	const json_t *replication = json_object_get(member, "replication");
	const char *state = text_of(replication, "state");
	bool is_well = strcmp(state, "self") == 0 || strcmp(state, "-") == 0 ||
		       strcmp(state, "replicate") == 0;

	snprintf(cell, CELL_BYTES, "%.12s%s%.16s",
		 is_so(member, "leads") ? "leader" : text_of(member, "role"),
		 is_well ? "" : ", ", is_well ? "" : state);
}

static struct row
make_row(const json_t *member)
{
	const json_t *replication = json_object_get(member, "replication");
	const json_t *lag = json_object_get(replication, "lag");
	struct row row = {
		.address = text_of(member, "address"),
		.note = text_of(member, "note"),
	};

	strcpy(row.cells[0], is_so(member, "self") ? "*" : "");
	put_number(row.cells[1], member, "id");
	put_role(row.cells[2], member);
	/* Of one that was not heard yet it is not known. */
	put_number(row.cells[3], json_is_object(lag) ? replication : NULL,
		   "match_index");
	put_number(row.cells[4], lag, "entries");
	put_bytes(row.cells[5], lag, "bytes");
	put_duration(row.cells[6], lag, "us");
	put_duration(row.cells[7], json_object_get(member, "connection"),
		     "silent_us");
	put_link(row.cells[8], member);
	return row;
}

static void
show_row(FILE *file, const struct row *row, const int widths[COLUMNS])
{
	for (size_t i = 0; i < ADDRESS; i++)
		fprintf(file, "%*s%s", is_right(i) ? widths[i] : -widths[i],
			row->cells[i], i == 0 ? " " : "  ");
	show_text(file, row->address);
	if (row->note[0] != '\0' && strcmp(row->note, "-") != 0) {
		putc(' ', file);
		show_text(file, row->note);
	}
	putc('\n', file);
}

static struct row
make_headings(void)
{
	struct row row = { .address = headings[ADDRESS], .note = "-" };

	for (size_t i = 0; i < ADDRESS; i++)
		snprintf(row.cells[i], CELL_BYTES, "%s", headings[i]);
	return row;
}

static void
show_members(FILE *file, const json_t *members)
{
	size_t count = json_array_size(members) + 1;
	struct row *rows = calloc(count, sizeof(*rows));
	int widths[COLUMNS] = { 0 };

	if (rows == NULL)
		return;
	rows[0] = make_headings();
	for (size_t i = 1; i < count; i++)
		rows[i] = make_row(json_array_get(members, i - 1));
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < ADDRESS; j++)
			if ((int)strlen(rows[i].cells[j]) > widths[j])
				widths[j] = (int)strlen(rows[i].cells[j]);
	for (size_t i = 0; i < count; i++)
		show_row(file, &rows[i], widths);
	free(rows);
}

/* ------------------------------------------------------------- what is odd */

/** What it runs, if it is not what the one that was asked runs. */
static void
show_build(FILE *file, const json_t *member, const char *ours)
{
	const char *build = text_of(member, "build");
	char id[CELL_BYTES];

	if (strcmp(build, "-") == 0 || strcmp(build, ours) == 0)
		return;
	put_number(id, member, "id");
	fprintf(file, "server %s runs ", id);
	show_text(file, build);
	putc('\n', file);
}

/** Why there is no connection. */
static void
show_failure(FILE *file, const json_t *member)
{
	const json_t *link = json_object_get(member, "connection");
	const json_t *failure = json_object_get(link, "failure");
	char id[CELL_BYTES], ago[CELL_BYTES];

	if (!json_is_object(failure) ||
	    (is_so(link, "out") && is_so(link, "in")))
		return;
	put_number(id, member, "id");
	put_duration(ago, failure, "us");
	fprintf(file, "server %s, %s ago: ", id, ago);
	show_text(file, text_of(failure, "why"));
	putc('\n', file);
}

static const char *
own_build(const json_t *members)
{
	for (size_t i = 0; i < json_array_size(members); i++)
		if (is_so(json_array_get(members, i), "self"))
			return text_of(json_array_get(members, i), "build");
	return "-";
}

static void
show_odd(FILE *file, const json_t *members)
{
	const char *ours = own_build(members);

	for (size_t i = 0; i < json_array_size(members); i++) {
		show_build(file, json_array_get(members, i), ours);
		show_failure(file, json_array_get(members, i));
	}
}

/* --------------------------------------------------------------- the server */

static void
show_head(FILE *file, const json_t *status)
{
	char id[CELL_BYTES], term[CELL_BYTES], leader[CELL_BYTES];
	const char *role = text_of(status, "role");

	put_number(id, status, "id");
	put_number(term, status, "term");
	put_number(leader, status, "leader");
	fprintf(file, "server %s of cluster %s: ", id,
		text_of(status, "cluster"));
	if (is_so(status, "stopped"))
		fprintf(file, "has stopped for good");
	else if (strcmp(role, "leader") == 0)
		fprintf(file, "leads in term %s", term);
	else if (strcmp(text_of(status, "member"), "none") == 0)
		fprintf(file, "no member, in term %s", term);
	else if (strcmp(leader, "-") == 0)
		fprintf(file, "%s in term %s, and knows no leader", role, term);
	else
		fprintf(file, "follows server %s in term %s", leader, term);
	fprintf(file, "%s\n",
		is_so(status, "changing") ? "; its members are changing" : "");
}

static void
show_log(FILE *file, const json_t *status)
{
	const json_t *log = json_object_get(status, "log");
	const json_t *snapshot = json_object_get(status, "snapshot");
	char last[CELL_BYTES], committed[CELL_BYTES], applied[CELL_BYTES];
	char bytes[CELL_BYTES], taken[CELL_BYTES], age[CELL_BYTES];

	put_number(last, log, "last_index");
	put_number(committed, log, "commit_index");
	put_number(applied, log, "applied_index");
	put_bytes(bytes, log, "bytes");
	put_number(taken, snapshot, "index");
	put_duration(age, snapshot, "age_us");
	fprintf(file, "entries %s, committed %s, applied %s; ", last, committed,
		applied);
	if (strcmp(taken, "-") == 0)
		fprintf(file, "no snapshot, %s of log", bytes);
	else
		fprintf(file, "snapshot of entry %s, %s ago, %s of log since",
			taken, age, bytes);
	fprintf(file, "%s\n",
		is_so(snapshot, "running") ? "; one is being taken" : "");
}

/** How far it has read through what it has; one of before does not say. */
static void
show_scrub(FILE *file, const json_t *status)
{
	const json_t *scrub = json_object_get(status, "scrub");
	char done[CELL_BYTES], total[CELL_BYTES], passes[CELL_BYTES];
	char ended[CELL_BYTES], damages[CELL_BYTES];

	if (!json_is_object(scrub) ||
	    json_integer_value(json_object_get(scrub, "rate")) == 0)
		return;
	put_bytes(done, scrub, "pass_bytes");
	put_bytes(total, scrub, "pass_total");
	put_number(passes, scrub, "passes");
	put_duration(ended, scrub, "ended_us");
	put_number(damages, scrub, "damages");
	fprintf(file, "files checked %s times", passes);
	if (strcmp(ended, "-") != 0)
		fprintf(file, ", last %s ago", ended);
	if (strcmp(done, "0 B") != 0)
		fprintf(file, ", now %s of about %s", done, total);
	if (strcmp(damages, "0") == 0)
		fprintf(file, "; no damage\n");
	else
		fprintf(file, "; DAMAGED IN %s PLACES: see its log\n", damages);
}

void
show_status(FILE *file, const json_t *status)
{
	const json_t *members = json_object_get(status, "members");
	char asks[CELL_BYTES], sessions[CELL_BYTES];

	show_head(file, status);
	show_log(file, status);
	show_scrub(file, status);
	put_number(asks, status, "asks");
	put_number(sessions, status, "sessions");
	fprintf(file, "asks under way %s, sessions %s; runs ", asks, sessions);
	show_text(file, own_build(members));
	fputs("\n\n", file);
	show_members(file, members);
	if (strcmp(text_of(status, "role"), "leader") != 0)
		fprintf(file, "how far the others are is known to the one "
			      "that leads\n");
	show_odd(file, members);
}
