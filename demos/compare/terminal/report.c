/*
 * What is said of runs: a line each, and JSON.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/terminal/report.h"

#include <string.h>

void
report_line(FILE *out, const struct run_key *key,
	    const struct raft_scenario_result *result)
{
	static const char *const verdicts[] = {
		[RAFT_SCENARIO_OK] = "ok",
		[RAFT_SCENARIO_FAILED] = "FAILED",
		[RAFT_SCENARIO_SKIPPED] = "skipped",
	};

	fprintf(out, "%-7s  %s  %s  seed %llu%s\n", verdicts[result->verdict],
		raft_scenario_name(key->comparison->scenario), run_build(key),
		(unsigned long long)key->seed, key->is_real ? "  real" : "");
}

void
report_summary(FILE *out, const struct raft_scenario_result *result)
{
	const uint64_t *metrics = result->since_mark;
	char outage[32];

	raft_scenario_print_timeouts(outage, sizeof outage,
				     metrics[RAFT_SIM_UNAVAILABLE],
				     result->election_us);
	fprintf(out, "leader changes %llu, terms +%llu, longest outage %s",
		(unsigned long long)metrics[RAFT_SIM_LEADER_CHANGES],
		(unsigned long long)metrics[RAFT_SIM_TERM_GROWTH], outage);
}

static void
write_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", (unsigned)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void
write_metrics(FILE *out, const uint64_t *metrics)
{
	for (size_t i = 0; i < RAFT_SIM_METRIC_COUNT; i++) {
		fprintf(out, "%s\"%s\":", i == 0 ? "" : ",",
			raft_sim_metric_name((enum raft_sim_metric)i));
		if (metrics[i] == RAFT_SIM_INFINITE)
			fputs("null", out);
		else
			fprintf(out, "%llu", (unsigned long long)metrics[i]);
	}
}

static void
write_failures(FILE *out, const char *failures)
{
	const char *separator = "";
	char line[1024];
	size_t length;

	fputs(",\"failures\":[", out);
	for (; *failures != '\0'; failures += length + 1) {
		length = strcspn(failures, "\n");
		snprintf(line, sizeof line, "%.*s", (int)length, failures);
		fputs(separator, out);
		write_string(out, line);
		separator = ",";
	}
	fputc(']', out);
}

void
report_json(FILE *out, const struct run_key *key,
	    const struct raft_scenario_result *result)
{
	fputs("{\"file\":", out);
	write_string(out, raft_scenario_name(key->comparison->scenario));
	fputs(",\"build\":", out);
	write_string(out, run_build(key));
	fprintf(out, ",\"seed\":%llu", (unsigned long long)key->seed);
	if (key->is_real)
		fputs(",\"real\":true", out);
	if (result->verdict == RAFT_SCENARIO_SKIPPED) {
		fputs(",\"skipped\":true}\n", out);
		return;
	}
	fprintf(out, ",\"ok\":%s,",
		result->verdict == RAFT_SCENARIO_OK ? "true" : "false");
	write_metrics(out, result->whole);
	if (result->marked) {
		fputs(",\"since-mark\":{", out);
		write_metrics(out, result->since_mark);
		fputc('}', out);
	}
	if (result->verdict == RAFT_SCENARIO_FAILED)
		write_failures(out, result->failures);
	fputs("}\n", out);
}
