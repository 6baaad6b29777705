/*
 * The messages of a stretch of a run.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/messages.h"

#include "demos/compare/page/arrow.h"
#include "demos/compare/page/labels.h"
#include "demos/compare/page/markup.h"
#include "demos/compare/page/names.h"

/** So many of the telling ones are put in words. */
#define SPOKEN_MAX 30

static void
write_caption(const struct sketch *sketch)
{
	const struct stretch *stretch = &sketch->stretch;
	char from[32], to[32];

	timeline_seconds(from, sizeof from, stretch->span.from);
	timeline_seconds(to, sizeof to, stretch->span.to);
	fputs("<p class=\"caption\"><b>", sketch->out);
	markup_text(sketch->out, run_build(&sketch->run->key));
	fprintf(sketch->out, "</b> from %s to %s: %zu of %zu message%s", from,
		to, stretch->count, stretch->in_all,
		stretch->in_all == 1 ? "" : "s");
	if (stretch->one_in > 1)
		fprintf(sketch->out,
			"; of appends and their answers one round in %zu, and "
			"the first of each leader",
			stretch->one_in);
	fputs(". Time is stretched where much happens.</p>\n", sketch->out);
}

static void
write_desc(const struct sketch *sketch)
{
	const struct stretch *stretch = &sketch->stretch;
	size_t spoken = 0;

	for (size_t i = 0; i < stretch->count && spoken < SPOKEN_MAX; i++) {
		if (!stretch->shown[i]->is_telling)
			continue;
		fputs(spoken++ == 0 ? "" : ". ", sketch->out);
		arrow_write_words(stretch->shown[i], sketch->out);
	}
	if (spoken == 0)
		fputs("Only appends and their answers", sketch->out);
	fputs(".", sketch->out);
}

static void
begin(const struct sketch *sketch, size_t section)
{
	const struct run_key *key = &sketch->run->key;
	char name[NAME_BYTES];

	name_run(name, sizeof name, section, key->build, key->seed);
	fprintf(sketch->out,
		"<div class=\"wide\"><svg class=\"messages\" viewBox=\"0 0 %d "
		"%d\" role=\"img\" aria-labelledby=\"%s-m-title %s-m-desc\">\n"
		"<title id=\"%s-m-title\">Messages of ",
		sketch_width(), sketch_height(sketch), name, name, name);
	markup_text(sketch->out, run_build(key));
	fprintf(sketch->out, "</title>\n<desc id=\"%s-m-desc\">", name);
	write_desc(sketch);
	fputs("</desc>\n", sketch->out);
}

void
messages_draw(size_t section, const struct run *run, const struct span *span,
	      FILE *out)
{
	struct sketch sketch;

	sketch_begin(&sketch, run, span, out);
	if (sketch.stretch.count > 0) {
		write_caption(&sketch);
		begin(&sketch, section);
		sketch_draw(&sketch);
		for (size_t i = 0; i < sketch.stretch.count; i++)
			arrow_draw(&sketch, sketch.stretch.shown[i]);
		labels_draw(&sketch);
		fputs("</svg></div>\n", out);
	}
	sketch_end(&sketch);
}
