/*
 * A small log on a file that keeps the contract, and many that break a rule each.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file is a sequence of records, each a save or a trim with its checksum, that
 * are only appended; take() is what a record means, when it is made and when it is
 * read back. A fault is a deviation in one place.
 */
#ifndef OUTRIGGER_TESTS_CONFORMANCE_TOY_H
#define OUTRIGGER_TESTS_CONFORMANCE_TOY_H

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/log_conformance/log_conformance.h"

enum fault {
	NONE,
	NEVER_SYNCS,
	SYNCS_NO_FLUSH,
	REPORTS_A_SAVE,
	REPORTS_NOTHING,
	REPORTS_TOO_MUCH,
	HAS_NO_CHECKSUM,
	REFUSES_A_TORN_END,
	FORGETS_THE_VOTE,
	FORGETS_CONFIGURATIONS,
	FORGETS_RUNS,
	FORGETS_KINDS,
	FORGETS_TRUNCATIONS_ON_DISK,
	FORGETS_TRUNCATIONS,
	FORGETS_SNAPSHOTS,
	WRITES_VOTES_APART,
	TRIMS_TOO_MUCH,
	READS_TOO_MANY,
	READS_TOO_MUCH,
	READS_WHAT_IS_NOT_THERE,
	READS_LATE,
	HOLDS_NOT,
	HOLDS_TWICE,
	OVERWRITES_WHAT_IS_HELD,
	BORROWS_A_PAYLOAD,
	LEAKS_A_PAYLOAD,
	RELEASES_A_PAYLOAD,
	FAILS_FOR_NOTHING,
	FAILS_IN_SILENCE,
	FAILS_TWICE,
	SYNCS_AGAIN,
	GIVES_WHAT_IS_SPOILT,
	TELLS_NO_LOSS,
	TAKES_ANOTHER_TERM,
	MENDS_IN_MEMORY,
	MENDS_IN_SILENCE,
	FAULTS,
};

#define TOY_ENTRIES_MAX 1024

/* Some faults leak. */
struct toy_bytes {
	struct raft_block block;
	struct toy_bytes *next, **before;
	uint8_t at[];
};

struct toy_entry {
	uint64_t term, kind;
	struct raft_payload payload;
};

/* A record; behind it, of a snapshot its configuration, and of each entry its three
 * numbers and its bytes. */
struct toy_head {
	uint64_t checksum, length, term, vote, incarnation;
	uint64_t truncate_from, snapshot, snapshot_term;
	uint64_t base, base_length, entry_count;
	uint64_t is_trim;
};

struct toy {
	enum fault fault;
	int fd;
	/** What was spoilt, by its index, and whether it was given again; 0: nothing. So
	 *  it stands in the file `spoilt`. */
	uint64_t spoilt[2];
	int spoilt_fd;
	struct raft_log_conformance *told;
	uint64_t term, token, reported;
	struct raft_identity vote;
	struct raft_entry_id snapshot;
	uint64_t base;
	struct raft_payload base_bytes;
	struct toy_entry entries[TOY_ENTRIES_MAX];
	size_t count;
	/* Records that are not written, and how many bytes are. */
	uint8_t *pending;
	size_t pending_length;
	off_t end;
	bool failed;
	struct raft_term_run runs[TOY_ENTRIES_MAX];
	struct raft_stored_configuration configurations[TOY_ENTRIES_MAX + 1];
};

static uint64_t
toy_checksum(const uint8_t *record, uint64_t length)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = sizeof(hash); i < length; i++)
		hash = (hash ^ record[i]) * UINT64_C(1099511628211);
	return hash;
}

static struct toy_bytes *toy_all;

static void
toy_free(struct raft_block *block)
{
	struct toy_bytes *bytes = (struct toy_bytes *)block;

	*bytes->before = bytes->next;
	if (bytes->next != NULL)
		bytes->next->before = bytes->before;
	free(bytes);
}

static void
toy_free_rest(void)
{
	while (toy_all != NULL)
		toy_free(&toy_all->block);
}

static struct raft_payload
toy_copy(const void *bytes, size_t length)
{
	struct toy_bytes *copy = malloc(sizeof(*copy) + length);

	assert(copy != NULL);
	copy->block = (struct raft_block){ 1, toy_free };
	copy->next = toy_all;
	copy->before = &toy_all;
	if (toy_all != NULL)
		toy_all->before = &copy->next;
	toy_all = copy;
	if (length > 0)
		memcpy(copy->at, bytes, length);
	return (struct raft_payload){ length > 0 ? copy->at : NULL, length,
				      &copy->block };
}

static uint64_t
toy_last(const struct toy *toy)
{
	return toy->snapshot.index + toy->count;
}

static void
toy_drop(struct toy *toy, const struct toy_entry *entry)
{
	if (toy->fault == OVERWRITES_WHAT_IS_HELD && entry->payload.length > 0)
		memset((void *)(uintptr_t)entry->payload.data, 0,
		       entry->payload.length);
	raft_payload_release(&entry->payload);
}

static void
toy_drop_from(struct toy *toy, uint64_t first)
{
	while (toy->count > 0 && toy_last(toy) >= first)
		toy_drop(toy, &toy->entries[--toy->count]);
}

static void
toy_trim_to(struct toy *toy, struct raft_entry_id to)
{
	size_t n = to.index > toy->snapshot.index
		       ? (size_t)(to.index - toy->snapshot.index)
		       : 0;

	for (size_t i = 0; i < n; i++) {
		struct toy_entry *e = &toy->entries[i];

		if (e->kind == RAFT_ENTRY_CONFIGURATION) {
			raft_payload_release(&toy->base_bytes);
			toy->base = toy->snapshot.index + 1 + i;
			toy->base_bytes =
			    toy_copy(e->payload.data, e->payload.length);
		}
		toy_drop(toy, e);
	}
	if (n == 0)
		return;
	toy->count -= n;
	memmove(toy->entries, toy->entries + n,
		toy->count * sizeof(*toy->entries));
	toy->snapshot = to;
}

static void
toy_begin_behind(struct toy *toy, const struct toy_head *head,
		 const uint8_t *base)
{
	if (toy->fault != FORGETS_SNAPSHOTS)
		toy_drop_from(toy, 1);
	else if (toy->count > 1)
		toy_drop_from(toy, toy->snapshot.index + 2);
	raft_payload_release(&toy->base_bytes);
	toy->snapshot =
	    (struct raft_entry_id){ head->snapshot, head->snapshot_term };
	toy->base = head->base;
	toy->base_bytes = toy_copy(base, head->base_length);
}

/* What a record means. */
static void
toy_take(struct toy *toy, const uint8_t *record)
{
	const uint8_t *at = record + sizeof(struct toy_head);
	struct toy_head head;
	uint64_t numbers[3];

	memcpy(&head, record, sizeof(head));
	if (head.is_trim != 0) {
		toy_trim_to(toy, (struct raft_entry_id){ head.snapshot,
							 head.snapshot_term });
		return;
	}
	toy->term = head.term;
	toy->vote = (struct raft_identity){ head.vote, head.incarnation };
	if (head.snapshot != 0)
		toy_begin_behind(toy, &head, at);
	at += head.base_length;
	if (head.truncate_from != 0 && toy->fault != FORGETS_TRUNCATIONS)
		toy_drop_from(toy, head.truncate_from);
	for (uint64_t i = 0; i < head.entry_count; i++) {
		memcpy(numbers, at, sizeof(numbers));
		at += sizeof(numbers);
		assert(toy->count < TOY_ENTRIES_MAX);
		toy->entries[toy->count++] =
		    (struct toy_entry){ numbers[0], numbers[1],
					toy_copy(at, numbers[2]) };
		at += numbers[2];
	}
}

static void
toy_fail(struct toy *toy)
{
	toy->failed = true;
	if (toy->fault != FAILS_IN_SILENCE)
		raft_log_conformance_failed(toy->told);
	if (toy->fault == FAILS_TWICE)
		raft_log_conformance_failed(toy->told);
}

/* -------------------------------------------------------- the functions */

/* Room for a record at the end of what is pending. */
static uint8_t *
toy_room(struct toy *toy, size_t length)
{
	toy->pending = realloc(toy->pending, toy->pending_length + length);
	assert(toy->pending != NULL);
	toy->pending_length += length;
	return toy->pending + toy->pending_length - length;
}

static void
toy_seal(struct toy *toy, uint8_t *record, struct toy_head *head)
{
	memcpy(record, head, sizeof(*head));
	head->checksum = toy_checksum(record, head->length);
	memcpy(record, head, sizeof(*head));
	toy_take(toy, record);
}

/* As the fault has it on the disk: otherwise it is in memory alone. */
static void
toy_forget(struct toy *toy, uint8_t *record, struct toy_head *head)
{
	if (toy->fault == FORGETS_THE_VOTE)
		head->vote = head->incarnation = 0;
	if (toy->fault == FORGETS_TRUNCATIONS_ON_DISK)
		head->truncate_from = 0;
	memcpy(record, head, sizeof(*head));
	head->checksum = toy_checksum(record, head->length);
	memcpy(record, head, sizeof(*head));
}

/* A record of the vote alone, before the one of its entries. */
static void
toy_save_vote(struct toy *toy, const struct raft_save *save)
{
	struct toy_head head = { .length = sizeof(head),
				 .term = save->term,
				 .vote = save->vote.id,
				 .incarnation = save->vote.incarnation };
	/* In a sector of its own. */
	uint8_t *record;

	head.length = 1024;
	record = toy_room(toy, head.length);
	memset(record, 0, head.length);
	toy_seal(toy, record, &head);
}

/* The caller's own, instead of a copy of it. */
static void
toy_misuse(struct toy *toy, const struct raft_save *save)
{
	for (size_t i = 0; i < save->entry_count; i++) {
		const struct raft_payload *own = &save->entries[i].payload;
		struct toy_entry *e =
		    &toy->entries[toy->count - save->entry_count + i];

		if (toy->fault == LEAKS_A_PAYLOAD)
			raft_payload_hold(own);
		if (toy->fault == RELEASES_A_PAYLOAD)
			raft_payload_release(own);
		if (toy->fault != BORROWS_A_PAYLOAD)
			continue;
		raft_payload_release(&e->payload);
		e->payload = *own;
		e->payload.owner = NULL;
	}
}

static void
toy_save(void *log, const struct raft_save *save)
{
	struct toy_head head = {
		.length = sizeof(head),
		.term = save->term,
		.vote = save->vote.id,
		.incarnation = save->vote.incarnation,
		.truncate_from = save->truncate_from,
		.entry_count = save->entry_count,
	};
	struct toy *toy = log;
	uint8_t *record, *at;

	if (toy->failed)
		return;
	if (toy->fault == WRITES_VOTES_APART)
		toy_save_vote(toy, save);
	if (save->snapshot != NULL) {
		head.snapshot = save->snapshot->last.index;
		head.snapshot_term = save->snapshot->last.term;
		head.base = save->snapshot->configuration_index;
		head.base_length = save->snapshot->configuration_length;
	}
	head.length += head.base_length;
	for (size_t i = 0; i < save->entry_count; i++)
		head.length +=
		    3 * sizeof(uint64_t) + save->entries[i].payload.length;
	record = toy_room(toy, head.length);
	at = record + sizeof(head);
	if (head.base_length > 0)
		memcpy(at, save->snapshot->configuration, head.base_length);
	at += head.base_length;
	for (size_t i = 0; i < save->entry_count; i++) {
		const struct raft_entry *e = &save->entries[i];
		const uint64_t numbers[] = { e->term,
					     toy->fault == FORGETS_KINDS
						 ? RAFT_ENTRY_DATA
						 : e->kind,
					     e->payload.length };

		memcpy(at, numbers, sizeof(numbers));
		at += sizeof(numbers);
		if (e->payload.length > 0)
			memcpy(at, e->payload.data, e->payload.length);
		at += e->payload.length;
	}
	toy_seal(toy, record, &head);
	toy_forget(toy, record, &head);
	toy_misuse(toy, save);
	toy->token = save->token;
	if (toy->fault == FAILS_FOR_NOTHING && save->token == 3)
		toy_fail(toy);
	if (toy->fault == REPORTS_A_SAVE)
		raft_log_conformance_saved(toy->told, save->token);
}

static bool
toy_sync(struct toy *toy)
{
	if (toy->fault == NEVER_SYNCS || toy->fault == SYNCS_NO_FLUSH)
		return true;
	return fdatasync(toy->fd) == 0 ||
	       (toy->fault == SYNCS_AGAIN && fdatasync(toy->fd) == 0);
}

static void
toy_flush(void *log)
{
	struct toy *toy = log;
	ssize_t put;

	if (toy->failed)
		return;
	put = pwrite(toy->fd, toy->pending, toy->pending_length, toy->end);
	assert(put == (ssize_t)toy->pending_length);
	toy->end += put;
	toy->pending_length = 0;
	if (!toy_sync(toy)) {
		toy_fail(toy);
		return;
	}
	if (toy->token == toy->reported || toy->fault == REPORTS_NOTHING)
		return;
	toy->reported = toy->token;
	raft_log_conformance_saved(
	    toy->told, toy->token + (toy->fault == REPORTS_TOO_MUCH));
}

/* It has all in memory: so what is spoilt is but a number. */
static bool
toy_has_lost(struct toy *toy, struct raft_entry_id id)
{
	if (toy->spoilt[0] != id.index || toy->spoilt[1] != 0 ||
	    toy->fault == GIVES_WHAT_IS_SPOILT)
		return false;
	if (toy->fault != TELLS_NO_LOSS)
		raft_log_conformance_lost(toy->told, &id, 1);
	return true;
}

static bool
toy_write_spoilt(struct toy *toy)
{
	return pwrite(toy->spoilt_fd, toy->spoilt, sizeof(toy->spoilt), 0) ==
		   (ssize_t)sizeof(toy->spoilt) &&
	       fdatasync(toy->spoilt_fd) == 0;
}

static bool
toy_mend(void *log, const struct raft_entry *entry)
{
	struct toy *toy = log;
	const struct toy_entry *e =
	    &toy->entries[entry->index - toy->snapshot.index - 1];

	if (entry->index != toy->spoilt[0] || entry->kind != e->kind ||
	    (entry->term != e->term && toy->fault != TAKES_ANOTHER_TERM))
		return false;
	toy->spoilt[1] = 1;
	if (toy->fault != MENDS_IN_MEMORY && !toy_write_spoilt(toy))
		toy_fail(toy);
	else if (toy->fault != MENDS_IN_SILENCE)
		raft_log_conformance_mended(toy->told, entry->index);
	return true;
}

static inline bool
toy_spoil(void *context, void *log, const char *folder,
	  const struct raft_entry *entry)
{
	struct toy *toy = log;

	(void)context;
	(void)folder;
	toy->spoilt[0] = entry->index;
	toy->spoilt[1] = 0;
	return toy_write_spoilt(toy);
}

static size_t
toy_read(void *log, uint64_t first, size_t count, size_t bytes_max,
	 struct raft_entry *entries)
{
	struct toy *toy = log;
	uint64_t last = toy_last(toy);
	size_t bytes = 0, n = 0;

	if (toy->fault == READS_LATE && toy->token != toy->reported)
		last = last > 0 ? last - 1 : 0;
	if (toy->fault == READS_WHAT_IS_NOT_THERE && first > last)
		first = last;
	if (toy->fault == READS_TOO_MANY)
		count++;
	for (; n < count && first > toy->snapshot.index && first + n <= last;
	     n++) {
		const struct toy_entry *e =
		    &toy->entries[first + n - toy->snapshot.index - 1];

		if (toy_has_lost(toy,
				 (struct raft_entry_id){ first + n, e->term }))
			break;
		bytes += e->payload.length;
		if (n > 0 && bytes > bytes_max && toy->fault != READS_TOO_MUCH)
			break;
		entries[n] = (struct raft_entry){ first + n, e->term,
						  (enum raft_entry_kind)e->kind,
						  e->payload };
		if (toy->fault != HOLDS_NOT)
			raft_payload_hold(&e->payload);
		if (toy->fault == HOLDS_TWICE)
			raft_payload_hold(&e->payload);
	}
	return n;
}

static void
toy_trim(void *log, struct raft_entry_id snapshot)
{
	struct toy *toy = log;
	struct toy_head head = {
		.length = sizeof(head),
		.snapshot = snapshot.index,
		.snapshot_term = snapshot.term,
		.is_trim = 1,
	};

	if (toy->fault == TRIMS_TOO_MUCH && snapshot.index < toy_last(toy)) {
		head.snapshot++;
		head.snapshot_term =
		    toy->entries[snapshot.index - toy->snapshot.index].term;
	}
	toy_seal(toy, toy_room(toy, head.length), &head);
}

static const struct raft_node_log toy_functions = {
	.save = toy_save,
	.flush = toy_flush,
	.read = toy_read,
	.trim = toy_trim,
	.mend = toy_mend,
};

/* -------------------------------------------------------------- the file */

/* Take one record of the file. False: there is none, or it is torn. */
static bool
toy_take_next(struct toy *toy)
{
	struct toy_head head;
	uint8_t *record;
	bool is_whole;

	if (pread(toy->fd, &head, sizeof(head), toy->end) != sizeof(head) ||
	    head.length < sizeof(head) || head.length > 1u << 27)
		return false;
	record = malloc(head.length);
	assert(record != NULL);
	is_whole = pread(toy->fd, record, head.length, toy->end) ==
		       (ssize_t)head.length &&
		   (toy->fault == HAS_NO_CHECKSUM ||
		    toy_checksum(record, head.length) == head.checksum);
	if (is_whole) {
		toy_take(toy, record);
		toy->end += (off_t)head.length;
	}
	free(record);
	return is_whole;
}

/* What it holds, for raft_start(). */
static void
toy_stored(struct toy *toy, struct raft_stored *stored)
{
	*stored = (struct raft_stored){
		.term = toy->term,
		.vote = toy->vote,
		.snapshot = toy->snapshot,
		.runs = toy->runs,
		.last_index = toy_last(toy),
		.configurations = toy->configurations,
	};
	if (toy->base != 0)
		toy->configurations[stored->configuration_count++] =
		    (struct raft_stored_configuration){
			    toy->base, toy->base_bytes.data,
			    toy->base_bytes.length
		    };
	for (size_t i = 0; i < toy->count; i++) {
		const struct toy_entry *e = &toy->entries[i];
		uint64_t index = toy->snapshot.index + 1 + i;

		if (i == 0 ||
		    (e->term != e[-1].term && toy->fault != FORGETS_RUNS))
			toy->runs[stored->run_count++] =
			    (struct raft_term_run){ index, e->term };
		if (e->kind == RAFT_ENTRY_CONFIGURATION &&
		    toy->fault != FORGETS_CONFIGURATIONS)
			toy->configurations[stored->configuration_count++] =
			    (struct raft_stored_configuration){
				    index, e->payload.data, e->payload.length
			    };
	}
}

static void
toy_close(void *context, void *log)
{
	struct toy *toy = log;

	(void)context;
	if (toy->fault == BORROWS_A_PAYLOAD)
		toy->count = 0;
	toy_drop_from(toy, 1);
	raft_payload_release(&toy->base_bytes);
	close(toy->fd);
	close(toy->spoilt_fd);
	free(toy->pending);
	free(toy);
}

/* What is cut, and what was written and perhaps never synced, is durable before
 * anybody is told of it. */
static void *
toy_open(void *context, const char *folder, struct raft_log_conformance *told,
	 struct raft_stored *stored, char *error, size_t size)
{
	struct toy *toy = calloc(1, sizeof(*toy));
	struct stat status;
	char path[4096];

	assert(toy != NULL);
	toy->fault = *(const enum fault *)context;
	toy->told = told;
	snprintf(path, sizeof(path), "%s/log", folder);
	toy->fd = open(path, O_RDWR);
	if (toy->fd < 0) {
		snprintf(error, size, "%s", strerror(errno));
		free(toy);
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/spoilt", folder);
	toy->spoilt_fd = open(path, O_RDWR);
	if (pread(toy->spoilt_fd, toy->spoilt, sizeof(toy->spoilt), 0) < 0)
		abort();
	while (toy_take_next(toy))
		;
	fstat(toy->fd, &status);
	if (toy->fault == REFUSES_A_TORN_END && status.st_size != toy->end) {
		snprintf(error, size, "it has a torn end");
		toy_close(context, toy);
		return NULL;
	}
	if (ftruncate(toy->fd, toy->end) != 0 ||
	    (toy->fault != NEVER_SYNCS && fdatasync(toy->fd) != 0))
		abort();
	toy_stored(toy, stored);
	return toy;
}

static bool
toy_make(void *context, const char *folder)
{
	char path[4096];
	int fd;

	(void)context;
	snprintf(path, sizeof(path), "%s/log", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return false;
	close(fd);
	snprintf(path, sizeof(path), "%s/spoilt", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	close(fd);
	return fd >= 0;
}

#endif
