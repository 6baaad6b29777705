/*
 * A run in reality (job.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The process writes down what it would tell, and in the end the result, in memory
 * that both have: a letter, what belongs to it, and its texts.
 */
#include "demos/weather/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LETTER_EVENT 'e'
#define LETTER_LINE 'l'
#define LETTER_RESULT 'r'
#define LETTER_LATE 'b'

struct weather_job {
	const struct raft_scenario_request *request;
	pid_t process;
	/** What it has written. */
	FILE *file;
};

static void *
must(void *pointer)
{
	if (pointer == NULL)
		abort();
	return pointer;
}

/* ----------------------------------------------------------------- writing */

static void
put_text(FILE *file, const char *text)
{
	size_t length = text == NULL ? 0 : strlen(text);

	fwrite(&length, sizeof(length), 1, file);
	fwrite(text == NULL ? "" : text, 1, length, file);
}

static void
put_event(void *context, const struct raft_scenario_event *event)
{
	FILE *file = context;

	fputc(LETTER_EVENT, file);
	fwrite(event, sizeof(*event), 1, file);
	put_text(file, event->text);
	put_text(file, event->found);
}

static void
put_line(void *context, uint64_t now, const char *line)
{
	FILE *file = context;

	fputc(LETTER_LINE, file);
	fwrite(&now, sizeof(now), 1, file);
	put_text(file, line);
}

static void
put_result(FILE *file, const struct raft_scenario_result *result)
{
	fputc(LETTER_RESULT, file);
	fwrite(result, sizeof(*result), 1, file);
	put_text(file, result->failures);
	put_text(file, result->cause);
	put_text(file, result->prints);
}

static void
put_late(FILE *file, const char *late)
{
	fputc(LETTER_LATE, file);
	put_text(file, late);
}

static _Noreturn void
run(const struct weather_job *job, const struct weather_options *options,
    pid_t parent)
{
	struct raft_scenario_request request = *job->request;
	struct weather_options chosen = *options;
	struct raft_scenario_result result;
	char *late;
	size_t length;

	if (!weather_ends_with(parent))
		_exit(1);
	chosen.late = must(open_memstream(&late, &length));
	weather_use(&chosen);
	request.world = &weather_world;
	request.context = job->file;
	request.event = request.event == NULL ? NULL : put_event;
	request.trace = request.trace == NULL ? NULL : put_line;
	request.message = NULL;
	request.look = NULL;
	raft_scenario_run(&request, &result);
	put_result(job->file, &result);
	raft_scenario_result_free(&result);
	if (fclose(chosen.late) != 0)
		abort();
	put_late(job->file, late);
	free(late);
	/* fclose() speaks of its own writes alone. */
	_exit(ferror(job->file) == 0 && fclose(job->file) == 0 ? 0 : 1);
}

struct weather_job *
weather_job_begin(const struct raft_scenario_request *request,
		  const struct weather_options *options)
{
	struct weather_job *job = must(malloc(sizeof(*job)));
	int fd = memfd_create("run", MFD_CLOEXEC);
	pid_t self = getpid();

	fflush(NULL);
	job->request = request;
	job->file = must(fdopen(fd, "w+"));
	job->process = fork();
	if (job->process < 0)
		abort();
	if (job->process == 0)
		run(job, options, self);
	return job;
}

/* ----------------------------------------------------------------- reading */

static void
get(FILE *file, void *bytes, size_t length)
{
	if (fread(bytes, 1, length, file) != length)
		abort(); /* A process that ended well has written all of it. */
}

static char *
get_text(FILE *file)
{
	size_t length;
	char *text;

	get(file, &length, sizeof(length));
	text = must(malloc(length + 1));
	get(file, text, length);
	text[length] = '\0';
	return text;
}

static void
tell_event(const struct weather_job *job)
{
	struct raft_scenario_event event;
	char *text, *found;

	get(job->file, &event, sizeof(event));
	event.text = text = get_text(job->file);
	event.found = found = get_text(job->file);
	job->request->event(job->request->context, &event);
	free(text);
	free(found);
}

static void
tell_line(const struct weather_job *job)
{
	uint64_t now;
	char *line;

	get(job->file, &now, sizeof(now));
	line = get_text(job->file);
	job->request->trace(job->request->context, now, line);
	free(line);
}

static void
take_result(const struct weather_job *job, struct raft_scenario_result *result)
{
	get(job->file, result, sizeof(*result));
	result->failures = get_text(job->file);
	result->cause = get_text(job->file);
	result->prints = get_text(job->file);
}

static void
tell(const struct weather_job *job, struct raft_scenario_result *result,
     char **late)
{
	int letter;

	rewind(job->file);
	while ((letter = fgetc(job->file)) != EOF) {
		if (letter == LETTER_EVENT)
			tell_event(job);
		else if (letter == LETTER_LINE)
			tell_line(job);
		else if (letter == LETTER_LATE)
			*late = get_text(job->file);
		else
			take_result(job, result);
	}
}

bool
weather_job_end(struct weather_job *job, struct raft_scenario_result *result,
		char **late)
{
	int status;
	bool is_done;

	waitpid(job->process, &status, 0);
	is_done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (is_done)
		tell(job, result, late);
	fclose(job->file);
	free(job);
	return is_done;
}
