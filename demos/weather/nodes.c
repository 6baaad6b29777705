/*
 * The processes of a world: their lives, and what they report.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A member is a child of this process, which is the same program: no other file need
 * be found. It has a memory, a network and files of its own, and SIGKILL ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "demos/weather/member.h"
#include "demos/weather/world.h"

/** Where a member's process has its socket, and what keeps its folder. */
#define TALK 3
#define KEEPER 4

bool
node_runs(const struct node *node)
{
	return node->process != 0 && !node->paused;
}

/* ------------------------------------------------------------------- birth */

static void
first_configuration(const struct raft_sim *sim,
		    struct raft_configuration *configuration,
		    struct raft_member *members)
{
	const struct raft_sim_options *options = &sim->options;
	uint32_t count = options->voters + options->learners;

	for (uint32_t i = 0; i < count; i++)
		members[i] = (struct raft_member){
			.identity = { .id = i + 1, .incarnation = 1 },
			.role = i < options->voters ? RAFT_MEMBER_VOTER
						    : RAFT_MEMBER_NON_VOTING,
		};
	*configuration = (struct raft_configuration){
		.election_timeout_us =
		    world_real_us(sim, options->election_us),
		.members = members,
		.member_count = count,
	};
}

/* What it says beside its reports goes into a file, to be read if it dies. Until it
 * is dead nobody removes the folder that it writes to. */
static void
arrange_files(const struct raft_sim *sim, const struct node *node, int talk)
{
	char path[PATH_MAX];
	int nothing = open("/dev/null", O_RDWR), words;
	int keeper = fcntl(sim->folder_keeper, F_DUPFD, KEEPER + 1);

	snprintf(path, sizeof(path), "%s/stderr", node->folder);
	words = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (dup2(nothing, STDIN_FILENO) < 0 ||
	    dup2(nothing, STDOUT_FILENO) < 0 ||
	    dup2(words, STDERR_FILENO) < 0 || dup2(talk, TALK) < 0 ||
	    dup2(keeper, KEEPER) < 0)
		_exit(1);
	closefrom(KEEPER + 1);
}

static _Noreturn void
be_member(const struct raft_sim *sim, struct node *node, int talk)
{
	struct raft_member members[RAFT_SIM_NODES_MAX];
	struct raft_configuration first;
	char certificates[FOLDER_BYTES + 8];
	struct member_options options = {
		.nodes = sim->node_count,
		.raft = node->options,
		.is_new = !node->has_log,
		.max_log = sim->options.max_log,
		.election_us = world_real_us(sim, sim->options.election_us),
		.folder = node->folder,
		.disk = node->disk,
		.counts = node->counts,
		.talk = TALK,
	};

	if (!weather_ends_with(sim->process))
		_exit(0);
	signal(SIGPIPE, SIG_IGN);
	first_configuration(sim, &first, members);
	options.raft.self = (struct raft_identity){ node->number,
						    node->incarnation };
	if (!node->has_log && node->incarnation == 1 &&
	    node->number <= sim->options.voters)
		options.first = &first;
	snprintf(certificates, sizeof(certificates), "%s/tls", sim->folder);
	if (sim->weather->tls)
		options.certificates = certificates;
	if (!network_enter(sim->network, node->number))
		_exit(1);
	arrange_files(sim, node, talk);
	member_run(&options);
}

bool
node_start(struct raft_sim *sim, struct node *node)
{
	int ends[2];

	if (node->process != 0)
		return false;
	(void)mkdir(node->folder, 0700);
	network_plug(sim->network, node->number, true);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		abort();
	if (sim->client.history != NULL)
		fflush(sim->client.history);
	node->process = fork();
	if (node->process == 0)
		be_member(sim, node, ends[1]);
	if (node->process < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
		abort();
	close(ends[1]);
	node->talk = ends[0];
	node->has_log = true;
	node->is_refused = false;
	world_changed(sim, node);
	return true;
}

/* ------------------------------------------------------------------- death */

static void
bury(struct raft_sim *sim, struct node *node)
{
	if (node->leads)
		node->leads = false;
	close(node->talk);
	free(node->waiting);
	node->waiting = NULL;
	node->waiting_count = 0;
	node->talk = -1;
	node->process = 0;
	node->paused = false;
	node->status = (struct report_status){ .installing = false };
	node->members.count = 0;
	node->applied_index = node->applied_writes = 0;
	node->candidacy_term = 0;
	client_forget(sim, node->number);
	world_changed(sim, node);
}

/* What it had said before is still heard: a client may have, too. */
bool
node_kill(struct raft_sim *sim, struct node *node)
{
	pid_t process = node->process;

	if (process == 0)
		return false;
	kill(process, SIGKILL);
	waitpid(process, NULL, 0);
	node->process = 0;
	node_hear(sim, node);
	bury(sim, node);
	return true;
}

bool
node_wipe(struct raft_sim *sim, struct node *node)
{
	(void)sim;
	if (node->process != 0)
		return false;
	folder_remove(node->folder);
	node->incarnation++;
	node->has_log = false;
	node->told_removed = false;
	return true;
}

bool
node_pause(struct raft_sim *sim, struct node *node, bool pauses)
{
	if (node->process == 0 || node->paused == pauses)
		return false;
	kill(node->process, pauses ? SIGSTOP : SIGCONT);
	node->paused = pauses;
	node->is_slowed = true;
	world_changed(sim, node);
	return true;
}

/* Nobody killed it. Only where its core refused to start may it end by itself. */
static void
died(struct raft_sim *sim, struct node *node)
{
	char path[PATH_MAX], words[256] = "";
	FILE *file;
	int status;

	waitpid(node->process, &status, 0);
	snprintf(path, sizeof(path), "%s/stderr", node->folder);
	file = fopen(path, "r");
	while (file != NULL && fgets(words, sizeof(words), file) != NULL)
		if (strstr(words, "ERROR") != NULL)
			break;
	if (file != NULL)
		fclose(file);
	words[strcspn(words, "\n")] = '\0';
	if (!node->is_refused)
		world_accuse(sim, "processes", "n%u ended with %s %d: %s",
			     node->number,
			     WIFSIGNALED(status) ? "signal" : "status",
			     WIFSIGNALED(status) ? WTERMSIG(status)
						 : WEXITSTATUS(status),
			     words);
	bury(sim, node);
}

/* ------------------------------------------------------------------ orders */

static bool
send_order(const struct node *node, const struct order *order)
{
	return send(node->talk, order, sizeof(*order), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(*order);
}

static void
send_waiting(struct node *node)
{
	size_t sent = 0;

	while (sent < node->waiting_count &&
	       send_order(node, &node->waiting[sent]))
		sent++;
	if (sent == 0)
		return;
	node->waiting_count -= sent;
	memmove(node->waiting, node->waiting + sent,
		node->waiting_count * sizeof(*node->waiting));
}

/* Whoever is stopped, or waits for its disk, takes none for a while. */
void
node_order(struct node *node, const struct order *order)
{
	size_t count = node->waiting_count + 1;

	if (node->waiting_count == 0 && send_order(node, order))
		return;
	node->waiting =
	    realloc(node->waiting, count * sizeof(*node->waiting));
	if (node->waiting == NULL)
		abort();
	node->waiting[node->waiting_count++] = *order;
}

/* ----------------------------------------------------------------- reports */

static void
hear_event(struct raft_sim *sim, struct node *node,
	   const struct raft_event *event)
{
	bool elected = event->kind == RAFT_EVENT_ROLE &&
		       event->role == RAFT_LEADER;
	bool changes = event->kind == RAFT_EVENT_ROLE ||
		       event->kind == RAFT_EVENT_STOPPED;

	if (node->leads && changes && !elected) {
		raft_tally_count(&sim->tally, RAFT_SIM_STEP_DOWNS, 1);
		node->leads = false;
	}
	if (event->kind == RAFT_EVENT_ROLE &&
	    event->role == RAFT_CANDIDATE &&
	    event->term != node->candidacy_term) {
		node->candidacy_term = event->term;
		raft_tally_count(&sim->tally, RAFT_SIM_ELECTIONS, 1);
	}
	if (elected && !node->leads) {
		node->leads = true;
		record_elected(sim, node->number, event->term);
		raft_tally_began_to_lead(&sim->tally, node->number);
	}
	if (event->kind == RAFT_EVENT_INCOMPATIBLE)
		raft_tally_count(&sim->tally, RAFT_SIM_INCOMPATIBLE, 1);
	if (event->kind == RAFT_EVENT_SNAPSHOT_INSTALLED)
		raft_tally_count(&sim->tally, RAFT_SIM_SNAPSHOTS, 1);
	if (event->kind == RAFT_EVENT_REMOVED)
		node->told_removed = true;
	else if (event->kind == RAFT_EVENT_CONFIGURATION ||
		 (event->kind == RAFT_EVENT_LEADER && event->peer != 0))
		node->told_removed = false;
}

static void
trace_event(const struct raft_sim *sim, const struct node *node,
	    const struct raft_event *event)
{
	char text[256];

	raft_event_print(text, sizeof(text), event);
	world_trace(sim, "n%u %s", node->number, text);
}

static void
hear_status(struct raft_sim *sim, struct node *node,
	    const struct report_status *status)
{
	struct report_status before = node->status;

	node->status = *status;
	raft_tally_term(&sim->tally, status->raft.term);
	if (status->raft.commit_index > sim->record.committed)
		sim->record.committed = status->raft.commit_index;
	if (before.raft.role != status->raft.role ||
	    before.raft.term != status->raft.term ||
	    before.raft.leader != status->raft.leader ||
	    before.raft.stopped != status->raft.stopped)
		world_changed(sim, node);
	if (status->raft.role == RAFT_LEADER &&
	    (before.raft.role != RAFT_LEADER ||
	     before.raft.term != status->raft.term))
		record_leader(sim, node->number, &status->raft);
}

static void
hear_refusal(struct raft_sim *sim, struct node *node,
	     const struct report *report)
{
	world_trace(sim, "n%u refuses: %s", node->number,
		    raft_result_name(report->refused));
	client_report(sim, node, report);
}

static void
hear_not_started(struct raft_sim *sim, struct node *node,
		 enum raft_result result)
{
	world_trace(sim, "n%u does not start: %s", node->number,
		    raft_result_name(result));
	node->is_refused = true;
	raft_tally_count(&sim->tally, RAFT_SIM_REFUSED, 1);
	if (result == RAFT_INCOMPATIBLE)
		raft_tally_count(&sim->tally, RAFT_SIM_INCOMPATIBLE, 1);
}

static void
hear(struct raft_sim *sim, struct node *node, const struct report *report)
{
	switch (report->kind) {
	case REPORT_STATUS:
		hear_status(sim, node, &report->status);
		break;
	case REPORT_MEMBERS:
		node->members = report->members;
		world_changed(sim, node);
		break;
	case REPORT_EVENT:
		trace_event(sim, node, &report->event);
		hear_event(sim, node, &report->event);
		break;
	case REPORT_APPLIED:
		record_applied(sim, node, &report->applied);
		break;
	case REPORT_LOADED:
		record_loaded(sim, node, report);
		break;
	case REPORT_REFUSED:
		hear_refusal(sim, node, report);
		break;
	case REPORT_NOT_STARTED:
		hear_not_started(sim, node, report->refused);
		break;
	case REPORT_OBEYED:
		node->obeyed = report->id;
		break;
	case REPORT_WRITTEN:
	case REPORT_READ:
		client_report(sim, node, report);
		break;
	case REPORT_FAILED:
		world_accuse(sim, "processes", "n%u: %s", node->number,
			     report->failed);
		break;
	}
}

bool
node_hear(struct raft_sim *sim, struct node *node)
{
	bool is_killed = node->process == 0, heard = false;
	struct report report;
	ssize_t length;

	if (node->talk < 0)
		return false;
	while ((length = recv(node->talk, &report, sizeof(report), 0)) > 0) {
		hear(sim, node, &report);
		heard = true;
	}
	if (is_killed)
		return true;
	if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
		died(sim, node);
		return true;
	}
	send_waiting(node);
	return heard;
}
