/*
 * A page of all runs.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/page.h"

#include <errno.h>
#include <stdlib.h>

#include "demos/compare/page/opening.h"
#include "demos/compare/page/section.h"
#include "demos/compare/page/whole_file.h"
#include "demos/compare/record/grown.h"

struct page {
	struct whole_file *file;
	/** What comes below the opening. */
	FILE *body;
	char *text;
	size_t size;
	bool has_span;
	struct span span;
	/** Of each comparison, how many seeds are shown. */
	size_t *shown;
	size_t sections;
	/** Runs that are shown. */
	size_t runs;
	/** Those of the comparison under way, and its first seed. */
	struct run **now;
	size_t now_count;
	uint64_t first_seed;
};

struct page *
page_open(const char *path)
{
	struct page *page = calloc(1, sizeof *page);

	if (page == NULL)
		abort();
	page->file = whole_file_open(path);
	if (page->file == NULL) {
		free(page);
		return NULL;
	}
	page->body = open_memstream(&page->text, &page->size);
	if (page->body == NULL)
		abort();
	return page;
}

void
page_set_span(struct page *page, const struct span *span)
{
	page->has_span = true;
	page->span = *span;
}

/* ----------------------------------------------------------- a comparison */

void
page_begin(struct page *page, const struct comparison *comparison,
	   uint64_t first_seed, uint64_t seeds)
{
	size_t room = (PAGE_RUNS_MAX - page->runs) / comparison->builds.count;

	page->shown = grown(page->shown, page->sections, sizeof *page->shown);
	page->shown[page->sections++] = seeds < room ? (size_t)seeds : room;
	page->first_seed = first_seed;
	page->now = NULL;
	page->now_count = 0;
}

bool
page_shows(const struct page *page, const struct run_key *key)
{
	return key->seed - page->first_seed < page->shown[page->sections - 1];
}

bool
page_shows_messages(const struct page *page, const struct run_key *key)
{
	return page_shows(page, key) && key->seed == page->first_seed;
}

void
page_add(struct page *page, struct run *run)
{
	page->now = grown(page->now, page->now_count, sizeof(struct run *));
	page->now[page->now_count++] = run;
	page->runs++;
}

void
page_end(struct page *page, const struct matrix *matrix)
{
	const struct matrix_row *last = &matrix->rows[matrix->count - 1];
	struct section section = {
		.number = page->sections,
		.runs = page->now,
		.count = page->now_count,
		.rows = &matrix->rows[matrix_block(matrix, last)],
		.span = page->has_span ? &page->span : NULL,
	};

	if (section.count > 0)
		section_write(page->body, &section);
	for (size_t i = 0; i < page->now_count; i++)
		run_destroy(page->now[i]);
	free(page->now);
}

/* -------------------------------------------------------------- the whole */

static void
write_file(struct page *page, const struct opening *opening)
{
	static const char bottom[] = "</main>\n</body>\n</html>\n";
	char *text = NULL;
	size_t size = 0;
	FILE *top = open_memstream(&text, &size);

	if (top == NULL)
		abort();
	opening_write(top, opening);
	if (fclose(top) != 0 || fclose(page->body) != 0)
		abort();
	(void)(whole_file_write(page->file, text, size) &&
	       whole_file_write(page->file, page->text, page->size) &&
	       whole_file_write(page->file, bottom, sizeof bottom - 1));
	free(text);
}

bool
page_finish(struct page *page, const struct matrix *matrix, const char *title,
	    const char *text)
{
	const struct opening opening = { title, text, matrix, page->shown };
	bool finished;
	int why;

	write_file(page, &opening);
	finished = whole_file_finish(page->file);
	why = errno;
	free(page->shown);
	free(page->text);
	free(page);
	errno = why;
	return finished;
}
