/*
 * What was found in a run.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/findings.h"

#include "demos/compare/page/markup.h"
#include "demos/compare/page/ticks.h"

/** Of a run: statements that ask, and bytes of what it printed or of how it
 *  failed. */
#define ANSWERS_MAX 300
#define PRINTS_BYTES 8000
/** Of one statement, in bytes. */
#define STATEMENT_BYTES 400

static void
write_verdict(FILE *out, enum raft_scenario_verdict verdict)
{
	static const struct {
		const char *class;
		const char *word;
	} verdicts[] = {
		[RAFT_SCENARIO_OK] = { "ok", "\u2713 as expected" },
		[RAFT_SCENARIO_FAILED] = { "failed", "\u2717 not as expected" },
		[RAFT_SCENARIO_SKIPPED] = { "skipped", "\u2013 skipped" },
	};

	fprintf(out, "<span class=\"verdict %s\">%s</span>",
		verdicts[verdict].class, verdicts[verdict].word);
}

static void
write_outcome(FILE *out, const struct timeline_answer *answer)
{
	size_t times = answer->held + answer->failed;

	if (answer->failed > 0 && times > 1)
		fprintf(out,
			"<td class=\"failed\">\u2717 failed %zu of %zu "
			"times</td>",
			answer->failed, times);
	else if (answer->failed > 0)
		fputs("<td class=\"failed\">\u2717 failed</td>", out);
	else if (times > 1)
		fprintf(out, "<td class=\"ok\">\u2713 held %zu times</td>",
			times);
	else
		fputs("<td class=\"ok\">\u2713 held</td>", out);
}

static void
write_answers(FILE *out, const struct timeline *timeline)
{
	size_t count = timeline->answer_count, shown = count;

	if (count == 0)
		return;
	if (shown > ANSWERS_MAX)
		shown = ANSWERS_MAX;
	fputs("<table class=\"answers\"><caption>What was asked</caption>"
	      "<thead><tr><th scope=\"col\">line</th><th scope=\"col\">"
	      "statement</th><th scope=\"col\">outcome</th><th scope=\"col\">"
	      "found</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < shown; i++) {
		const struct timeline_answer *answer = &timeline->answers[i];

		fprintf(out, "<tr><th scope=\"row\">%d</th><td><code>",
			answer->line);
		markup_text_short(out, answer->statement, STATEMENT_BYTES);
		fputs("</code></td>", out);
		write_outcome(out, answer);
		fputs("<td>", out);
		markup_text_short(out, answer->found, STATEMENT_BYTES);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
	if (count > shown)
		fprintf(out,
			"<p class=\"thin\">And %zu more that are not "
			"listed.</p>\n",
			count - shown);
}

static void
write_metric(FILE *out, enum raft_sim_metric metric, uint64_t value,
	     uint64_t election_us)
{
	char text[64];

	if (raft_sim_metric_unit(metric) == RAFT_SIM_UNIT_TIME)
		raft_scenario_print_duration(text, sizeof text, value,
					     election_us);
	else
		snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	fprintf(out, "<td class=\"number\">%s</td>", text);
}

static void
write_metrics(FILE *out, const struct raft_scenario_result *result)
{
	fputs("<table class=\"metrics\"><caption>What was measured</caption>"
	      "<thead><tr><th scope=\"col\">metric</th><th scope=\"col\" "
	      "class=\"number\">whole run</th>",
	      out);
	if (result->marked)
		fputs("<th scope=\"col\" class=\"number\">since the last mark"
		      "</th>",
		      out);
	fputs("</tr></thead><tbody>\n", out);
	for (size_t i = 0; i < RAFT_SIM_METRIC_COUNT; i++) {
		enum raft_sim_metric metric = (enum raft_sim_metric)i;

		fprintf(out, "<tr><th scope=\"row\">%s</th>",
			raft_sim_metric_name(metric));
		write_metric(out, metric, result->whole[i],
			     result->election_us);
		if (result->marked)
			write_metric(out, metric, result->since_mark[i],
				     result->election_us);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

static void
write_lines(FILE *out, const char *class, const char *lines)
{
	if (*lines == '\0')
		return;
	fprintf(out, "<pre class=\"%s\">", class);
	markup_text_short(out, lines, PRINTS_BYTES);
	fputs("</pre>\n", out);
}

void
findings_write(FILE *out, const struct run *run)
{
	const struct raft_scenario_result *result = &run->result;

	fprintf(out, "<details class=\"findings\"%s><summary>",
		result->verdict == RAFT_SCENARIO_FAILED ? " open=\"open\""
							: "");
	markup_text(out, run_build(&run->key));
	fputc(' ', out);
	write_verdict(out, result->verdict);
	fputs("</summary>\n", out);
	write_lines(out, "failures", result->failures);
	if (result->verdict == RAFT_SCENARIO_SKIPPED) {
		fputs("<p>This build lacks a module that the scenario needs."
		      "</p>\n</details>\n",
		      out);
		return;
	}
	fputs("<div class=\"tables\">\n<div>\n", out);
	ticks_draw_table(run->timeline, out);
	write_answers(out, run->timeline);
	write_lines(out, "prints", result->prints);
	fputs("</div>\n", out);
	write_metrics(out, result);
	fputs("</div>\n</details>\n", out);
}
