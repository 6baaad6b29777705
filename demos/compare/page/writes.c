/*
 * What became of writes, in a drawing.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/writes.h"

#include "demos/compare/page/lanes.h"

/** Acknowledgements that are no farther apart make one box. */
#define ACKS_APART 8
/** Room that the length of an outage needs. */
#define LENGTH_WIDTH 36

static void
draw_acknowledged(const struct timeline *timeline, int top, FILE *out)
{
	const struct timeline_changes *writes = &timeline->acknowledged;
	int begin = 0, end = 0, column;

	fputs("<path class=\"acks\" d=\"", out);
	for (size_t i = 0; i < writes->count; i++) {
		column = lanes_column(timeline, writes->of[i].at);
		if (column > end + ACKS_APART && end > begin) {
			lanes_box(out, begin, top + 3, end - begin, 7);
			begin = column;
		} else if (end == begin) {
			begin = column;
		}
		end = column + 1;
	}
	if (end > begin)
		lanes_box(out, begin, top + 3, end - begin, 7);
	fputs("\"/>", out);
}

/* Those that are too short for a column are in the metrics. */
static void
draw_outages(const struct timeline *timeline, int top, FILE *out)
{
	const struct timeline_outage *outage;
	int begin, width, drawn_to = -1;
	char length[32];

	for (size_t i = 0; i < timeline->outage_count; i++) {
		outage = &timeline->outages[i];
		begin = lanes_column(timeline, outage->from);
		width = lanes_column(timeline, outage->to) - begin;
		if (width < 1 || begin < drawn_to)
			continue;
		drawn_to = begin + width;
		raft_scenario_print_timeouts(length, sizeof length,
					     outage->to - outage->from,
					     timeline->election_us);
		fprintf(out,
			"<g><title>no write acknowledged for %s</title>"
			"<path class=\"outage\" d=\"",
			length);
		lanes_box(out, begin, top, width, LANES_STRIP);
		fputs("\"/>", out);
		if (width > LENGTH_WIDTH)
			fprintf(out,
				"<text class=\"on-outage\" x=\"%d\" "
				"y=\"%d\">%s</text>",
				LANES_MARGIN + begin + width / 2, top + 10,
				length);
		fputs("</g>\n", out);
	}
}

bool
writes_are_there(const struct timeline *timeline)
{
	return timeline->acknowledged.count > 0 || timeline->outage_count > 0;
}

void
writes_draw(const struct timeline *timeline, int top, FILE *out)
{
	fprintf(out, "<g><text class=\"node\" x=\"%d\" y=\"%d\">acks</text>",
		LANES_MARGIN - 8, top + 10);
	draw_acknowledged(timeline, top, out);
	fputs("</g>\n", out);
	draw_outages(timeline, top, out);
}
