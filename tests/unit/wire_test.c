/*
 * The codec: what it promises about bytes that are good, and about all others.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * RAFT_TEST_SEED chooses the random messages; a test that draws some prints it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/stdlib.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "assists/crc32c/crc32c.h"
#include "assists/wire/wire.h"
#include "tests/fuzz/random_message.h"

#define ROUNDS 2000
#define ENVELOPE 56

static const enum raft_message_kind all_kinds[] = {
	RAFT_MESSAGE_APPEND,	RAFT_MESSAGE_APPEND_ANSWER,
	RAFT_MESSAGE_VOTE,	RAFT_MESSAGE_VOTE_ANSWER,
	RAFT_MESSAGE_EXTENSION, RAFT_MESSAGE_UNSUPPORTED,
	RAFT_MESSAGE_READ,	RAFT_MESSAGE_READ_ANSWER,
	RAFT_MESSAGE_TIMEOUT_NOW, RAFT_MESSAGE_NOT_MEMBER,
	RAFT_MESSAGE_SNAPSHOT,	RAFT_MESSAGE_SNAPSHOT_ANSWER,
	RAFT_MESSAGE_REGRESSED,	RAFT_MESSAGE_OFFER,
};
#define KIND_COUNT (sizeof(all_kinds) / sizeof(all_kinds[0]))

/** What most tests need; made anew for each. */
struct fixture {
	uint64_t seed;
	struct chance chance;
	struct random_room room;
	struct raft_wire_decoder decoder;
	struct raft_message message;
	struct raft_message decoded;
	uint8_t bytes[4096];
	size_t length;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *seed = getenv("RAFT_TEST_SEED");

	f->seed = seed != NULL ? strtoull(seed, NULL, 10) : arc4random();
	f->chance.state = f->seed;
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	raft_wire_decoder_clear(&f->decoder);
	free(f);
	return 0;
}

/* A failed assertion does not return: the seed is said before. */
static void
print_seed(const struct fixture *f)
{
	print_message("RAFT_TEST_SEED=%llu\n", (unsigned long long)f->seed);
}

static void
draw(struct fixture *f, enum raft_message_kind kind)
{
	random_message(&f->chance, kind, (struct raft_entry_id){ 20, 4 },
		       &f->room, &f->message);
	f->message.from = (struct raft_identity){ chance_draw(&f->chance), 9 };
	f->message.to = (struct raft_identity){ 2, chance_draw(&f->chance) };
	memset(f->bytes, 0xa5, sizeof(f->bytes));
	f->length = raft_wire_encode(&f->message, f->bytes, sizeof(f->bytes));
	assert_int_equal(f->length, raft_wire_bytes(&f->message));
	assert_true(f->length >= ENVELOPE);
	/* Nothing behind it is written. */
	for (size_t i = f->length; i < sizeof(f->bytes); i++)
		assert_int_equal(f->bytes[i], 0xa5);
}

/* Decode from memory of exactly this size, so that the sanitizer sees a read
 * beyond it. All that the message points to is looked at. */
static enum raft_wire_error
decode(struct fixture *f, const uint8_t *bytes, size_t length)
{
	uint8_t *exact = malloc(length > 0 ? length : 1);
	uint8_t again[sizeof(f->bytes)];
	enum raft_wire_error error;

	memcpy(exact, bytes, length);
	error = raft_wire_decode(&f->decoder, exact, length, NULL,
				 &f->decoded);
	/* What an older build wrote is up to 16 bytes shorter. */
	if (error == RAFT_WIRE_OK)
		assert_in_range(
		    raft_wire_encode(&f->decoded, again, sizeof(again)),
		    ENVELOPE, length + 16);
	free(exact);
	return error;
}

static void
assert_same_entries(const struct raft_append *a, const struct raft_append *b)
{
	uint64_t i;

	for (i = 0; i < a->last.index - a->previous.index; i++) {
		const struct raft_entry *x = &a->entries[i];
		const struct raft_entry *y = &b->entries[i];

		assert_int_equal(x->index, y->index);
		assert_int_equal(x->term, y->term);
		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->payload.length, y->payload.length);
		assert_memory_equal(x->payload.data, y->payload.data,
				    x->payload.length);
	}
}

static void
assert_same_content(const struct raft_snapshot_content *a,
		    const struct raft_snapshot_content *b)
{
	assert_int_equal(a->configuration_index, b->configuration_index);
	assert_int_equal(a->configuration_length, b->configuration_length);
	assert_int_equal(a->part.length, b->part.length);
	assert_int_equal(a->configuration == NULL, b->configuration == NULL);
	if (a->configuration != NULL)
		assert_memory_equal(a->configuration, b->configuration,
				    a->configuration_length);
	assert_memory_equal(a->part.data, b->part.data, a->part.length);
}

/* Both were zeroed first and then written member by member, so that they can
 * be compared as memory, all but the pointers. */
static void
assert_same(struct raft_message a, struct raft_message b)
{
	if (raft_message_has_entries(&a)) {
		assert_int_equal(b.kind, a.kind);
		assert_int_equal(a.append.last.index, b.append.last.index);
		assert_int_equal(a.append.previous.index,
				 b.append.previous.index);
		assert_same_entries(&a.append, &b.append);
		a.append.entries = b.append.entries = NULL;
	}
	if (a.kind == RAFT_MESSAGE_SNAPSHOT) {
		assert_int_equal(b.kind, a.kind);
		assert_same_content(a.snapshot.content, b.snapshot.content);
		a.snapshot.content = b.snapshot.content = NULL;
	}
	assert_memory_equal(&a, &b, sizeof(a));
}

static void
a_message_comes_back_as_it_was(void **state)
{
	struct fixture *f = *state;
	int i;

	print_seed(f);
	for (i = 0; i < ROUNDS; i++) {
		draw(f, all_kinds[(size_t)i % KIND_COUNT]);
		assert_int_equal(raft_wire_decode(&f->decoder, f->bytes,
						  f->length, NULL,
						  &f->decoded),
				 RAFT_WIRE_OK);
		assert_same(f->message, f->decoded);
	}
}

static void
every_truncation_and_every_extra_byte_is_refused(void **state)
{
	struct fixture *f = *state;
	size_t length, i;

	print_seed(f);
	for (i = 0; i < KIND_COUNT * 20; i++) {
		draw(f, all_kinds[i % KIND_COUNT]);
		for (length = 0; length < f->length; length++)
			assert_int_equal(decode(f, f->bytes, length),
					 RAFT_WIRE_LENGTH);
		f->bytes[f->length] = 0;
		if (f->message.kind != (enum raft_message_kind)6)
			assert_int_equal(decode(f, f->bytes, f->length + 1),
					 RAFT_WIRE_LENGTH);
	}
}

static void
a_changed_byte_never_harms(void **state)
{
	struct fixture *f = *state;
	size_t i, at;

	print_seed(f);
	for (i = 0; i < KIND_COUNT * 20; i++) {
		draw(f, all_kinds[i % KIND_COUNT]);
		for (at = 0; at < f->length; at++) {
			uint8_t kept = f->bytes[at];

			f->bytes[at] ^= (uint8_t)(1 + chance_below(&f->chance,
								   255));
			(void)decode(f, f->bytes, f->length);
			f->bytes[at] = kept;
		}
	}
}

static void
random_bytes_never_harm(void **state)
{
	struct fixture *f = *state;
	size_t length;
	int i;

	print_seed(f);
	for (i = 0; i < 20 * ROUNDS; i++) {
		length = chance_below(&f->chance, 300);
		chance_fill(&f->chance, f->bytes, length);
		/* Past the first gates, most of the time. */
		f->bytes[0] = (uint8_t)(i % 16 != 0);
		f->bytes[1] = (uint8_t)all_kinds[(size_t)i % KIND_COUNT];
		if (i % 8 != 0)
			memcpy(f->bytes + 2, "\x38\0\x40\0", 4);
		(void)decode(f, f->bytes, length);
	}
}

/* -------------------------------------------- the format of version 1 */

#define SAME_FOR_ALL                                                           \
	.from = { 1, 0x1111111111111111 }, .to = { 2, 0x2222222222222222 },    \
	.term = 7, .capabilities = 0x100000003

static const struct raft_entry golden_entries[] = {
	{ 10, 6, RAFT_ENTRY_NOOP, { "", 0, NULL } },
	{ 11, 7, RAFT_ENTRY_DATA, { "hello", 5, NULL } },
	{ 12, 7, (enum raft_entry_kind)0x1234, { "\xff", 1, NULL } },
};

static const struct raft_snapshot_content golden_content = {
	.configuration = "conf", .configuration_length = 4,
	.configuration_index = 3, .part = { "hello", 5, NULL },
};

static const struct golden {
	struct raft_message message;
	/** Made by hand from the tables in wire.c, not by the codec. */
	const char *hex;
} goldens[] = {
	{ { .kind = RAFT_MESSAGE_APPEND,
	    SAME_FOR_ALL,
	    .append = { .previous = { 9, 6 },
			.last = { 12, 7 },
			.entries = golden_entries,
			.commit_index = 8,
			.sent_at = 1000001,
			.sequence = 5 } },
	  "0101380040000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000900000000000000"
	  "06000000000000000c0000000000000007000000000000000800000000000000"
	  "41420f0000000000050000000000000003000000100000000600000000000000"
	  "0000000001000000070000000000000005000000020000000700000000000000"
	  "010000003412000068656c6c6fff" },
	{ { .kind = RAFT_MESSAGE_APPEND_ANSWER,
	    SAME_FOR_ALL,
	    .append_answer = { .verdict = RAFT_APPEND_MISMATCH,
			       .match_index = 12,
			       .conflict = { 3, 2 },
			       .sent_at = 1000001,
			       .sequence = 5 } },
	  "0102380030000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000c00000000000000"
	  "0300000000000000020000000000000041420f00000000000500000000000000"
	  "0200000000000000" },
	{ { .kind = RAFT_MESSAGE_VOTE,
	    SAME_FOR_ALL,
	    .vote = { .tip = { 12, 7 },
		      .permit = { .leader = 3, .term = 6, .transfer = 77 } } },
	  "0103380028000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000c00000000000000"
	  "0700000000000000030000000000000006000000000000004d00000000000000" },
	{ { .kind = RAFT_MESSAGE_VOTE_ANSWER,
	    SAME_FOR_ALL,
	    .vote_answer = { .refusal = RAFT_REFUSAL_LEASE,
			     .asked_term = 7,
			     .tip = { 12, 7 } } },
	  "0104380020000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000700000000000000"
	  "0c0000000000000007000000000000000400000000000000" },
	{ { .kind = RAFT_MESSAGE_EXTENSION,
	    SAME_FOR_ALL,
	    .extension = { .module = 2,
			   .type = 1,
			   .round = 99,
			   .length = 4,
			   .bytes = { 0xde, 0xad, 0xbe, 0xef } } },
	  "0110380010000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000200010004000000"
	  "6300000000000000deadbeef" },
	{ { .kind = RAFT_MESSAGE_UNSUPPORTED,
	    SAME_FOR_ALL,
	    .extension = { .module = 9, .type = 3, .round = 99 } },
	  "0111380010000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000900030000000000"
	  "6300000000000000" },
	{ { .kind = RAFT_MESSAGE_TIMEOUT_NOW,
	    SAME_FOR_ALL,
	    .timeout_now = { .tip = { 12, 7 }, .transfer = 77 } },
	  "0105380018000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000c00000000000000"
	  "07000000000000004d00000000000000" },
	{ { .kind = RAFT_MESSAGE_READ_ANSWER,
	    SAME_FOR_ALL,
	    .read = { .round = 9, .index = 12 } },
	  "0108380010000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000900000000000000"
	  "0c00000000000000" },
	{ { .kind = RAFT_MESSAGE_NOT_MEMBER,
	    SAME_FOR_ALL,
	    .not_member = { .asked_term = 8, .tip = { 12, 7 } } },
	  "0106380018000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000800000000000000"
	  "0c000000000000000700000000000000" },
	{ { .kind = (enum raft_message_kind)15, SAME_FOR_ALL },
	  "010f380000000000010000000000000011111111111111110200000000000000"
	  "222222222222222207000000000000000300000001000000" },
	{ { .kind = RAFT_MESSAGE_SNAPSHOT,
	    SAME_FOR_ALL,
	    .snapshot = { .snapshot = { 12, 7 },
			  .size = 9,
			  .sent_at = 1000001,
			  .sequence = 5,
			  .writing = 2,
			  .content = &golden_content } },
	  "0109380048000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000c00000000000000"
	  "070000000000000009000000000000000000000000000000"
	  "41420f0000000000050000000000000003000000000000000400000005000000"
	  "0200000000000000636f6e6668656c6c6f" },
	{ { .kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
	    SAME_FOR_ALL,
	    .snapshot_answer = { .snapshot = { 12, 7 },
				 .gap = true,
				 .offset = 5,
				 .match_index = 3,
				 .sent_at = 1000001,
				 .sequence = 5 } },
	  "010a380040000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000c00000000000000"
	  "0700000000000000050000000000000003000000000000004"
	  "1420f0000000000050000000000000001000000000000000000000000000000" },
	{ { .kind = RAFT_MESSAGE_REGRESSED, SAME_FOR_ALL,
	    .regressed = { .held = { 12, 7 } } },
	  "010b380010000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000c00000000000000"
	  "0700000000000000" },
	{ { .kind = RAFT_MESSAGE_OFFER, SAME_FOR_ALL,
	    .offer = { .previous = { 9, 6 }, .last = { 12, 7 },
		       .entries = golden_entries, .tip = { 14, 7 },
		       .round = 99 } },
	  "010c380040000000010000000000000011111111111111110200000000000000"
	  "2222222222222222070000000000000003000000010000000900000000000000"
	  "06000000000000000c0000000000000007000000000000000e00000000000000"
	  "0700000000000000630000000000000003000000100000000600000000000000"
	  "0000000001000000070000000000000005000000020000000700000000000000"
	  "010000003412000068656c6c6fff" },
};

#define GOLDEN_NOT_MEMBER 8
#define GOLDEN_SNAPSHOT 10
#define GOLDEN_SNAPSHOT_ANSWER 11

static void
the_bytes_of_version_1_stay_what_they_are(void **state)
{
	struct fixture *f = *state;
	char hex[1024];
	size_t g, i;

	for (g = 0; g < sizeof(goldens) / sizeof(goldens[0]); g++) {
		f->length = raft_wire_encode(&goldens[g].message, f->bytes,
					     sizeof(f->bytes));
		for (i = 0; i < f->length; i++)
			snprintf(hex + 2 * i, 3, "%02x", f->bytes[i]);
		assert_string_equal(hex, goldens[g].hex);
	}
}

/* What a later build adds: bytes that this one knows nothing of. */
static void
insert(struct fixture *f, size_t at, size_t count)
{
	memmove(f->bytes + at + count, f->bytes + at, f->length - at);
	memset(f->bytes + at, 0xee, count);
	f->length += count;
}

static void
fields_of_a_later_build_are_skipped(void **state)
{
	struct fixture *f = *state;
	size_t g, fixed, head;

	for (g = 0; g < sizeof(goldens) / sizeof(goldens[0]); g++) {
		f->message = goldens[g].message;
		f->length = raft_wire_encode(&f->message, f->bytes,
					     sizeof(f->bytes));
		fixed = f->bytes[4];
		if (raft_message_has_entries(&f->message)) {
			for (head = 3; head > 0; head--)
				insert(f, ENVELOPE + fixed + 16 * head, 24);
			f->bytes[ENVELOPE + 60] += 24;
		}
		insert(f, ENVELOPE + fixed, 40);
		f->bytes[4] = (uint8_t)(fixed + 40);
		insert(f, ENVELOPE, 8);
		f->bytes[2] += 8;
		assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_OK);
		assert_int_equal(raft_wire_decode(&f->decoder, f->bytes,
						  f->length, NULL,
						  &f->decoded),
				 RAFT_WIRE_OK);
		assert_same(f->message, f->decoded);
	}
}

static void
an_unknown_kind_keeps_its_envelope(void **state)
{
	struct fixture *f = *state;

	f->message = goldens[0].message;
	f->length = raft_wire_encode(&f->message, f->bytes, sizeof(f->bytes));
	f->bytes[1] = 200;
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_OK);
	f->message = goldens[9].message;
	f->message.kind = (enum raft_message_kind)200;
	assert_same(f->message, f->decoded);
}

static void
another_version_is_refused(void **state)
{
	struct fixture *f = *state;

	draw(f, RAFT_MESSAGE_VOTE);
	f->bytes[0] = RAFT_WIRE_VERSION + 1;
	assert_int_equal(decode(f, f->bytes, f->length),
			 RAFT_WIRE_UNKNOWN_VERSION);
}

static void
a_verdict_or_refusal_outside_its_range_is_refused(void **state)
{
	const uint8_t wrong_verdicts[] = { 0, RAFT_APPEND_BUSY + 1 };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < 2; i++) {
		draw(f, RAFT_MESSAGE_APPEND_ANSWER);
		f->bytes[ENVELOPE + 40] = wrong_verdicts[i];
		assert_int_equal(decode(f, f->bytes, f->length),
				 RAFT_WIRE_MALFORMED);
	}
	draw(f, RAFT_MESSAGE_APPEND_ANSWER);
	f->bytes[ENVELOPE + 47] = 1;
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_MALFORMED);
	draw(f, RAFT_MESSAGE_VOTE_ANSWER);
	f->bytes[ENVELOPE + 24] = RAFT_REFUSAL_NOT_MEMBER + 1;
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_MALFORMED);
}

static void
gap_and_damage_are_one_or_none(void **state)
{
	struct fixture *f = *state;

	f->length = raft_wire_encode(&goldens[GOLDEN_SNAPSHOT_ANSWER].message,
				     f->bytes, sizeof(f->bytes));
	for (size_t at = ENVELOPE + 48; at < ENVELOPE + 64; at += 8) {
		f->bytes[at] = 2;
		assert_int_equal(decode(f, f->bytes, f->length),
				 RAFT_WIRE_MALFORMED);
		f->bytes[at] = 1;
		assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_OK);
		assert_int_equal(f->decoded.snapshot_answer.damaged,
				 at == ENVELOPE + 56);
		f->bytes[at + 7] = 1;
		assert_int_equal(decode(f, f->bytes, f->length),
				 RAFT_WIRE_MALFORMED);
		f->bytes[at + 7] = 0;
	}
}

/* A fixed part without its last `bytes`, as a build of before wrote it. */
static enum raft_wire_error
decode_shorter(struct fixture *f, size_t golden, size_t bytes)
{
	size_t end, length = raft_wire_encode(&goldens[golden].message,
					      f->bytes, sizeof(f->bytes));

	end = ENVELOPE + f->bytes[4];
	memmove(f->bytes + end - bytes, f->bytes + end, length - end);
	f->bytes[4] = (uint8_t)(f->bytes[4] - bytes);
	f->length = length - bytes;
	return decode(f, f->bytes, f->length);
}

static void
what_an_older_build_writes_is_read(void **state)
{
	const struct raft_snapshot_answer *answer;
	struct fixture *f = *state;

	assert_int_equal(decode_shorter(f, GOLDEN_SNAPSHOT_ANSWER, 8),
			 RAFT_WIRE_OK);
	answer = &f->decoded.snapshot_answer;
	assert_true(answer->gap);
	assert_false(answer->damaged);
	assert_int_equal(answer->offset, 5);
	assert_int_equal(answer->sequence, 5);
	assert_int_equal(decode_shorter(f, GOLDEN_SNAPSHOT_ANSWER, 16),
			 RAFT_WIRE_LENGTH);
	assert_int_equal(decode_shorter(f, GOLDEN_NOT_MEMBER, 16),
			 RAFT_WIRE_OK);
	assert_int_equal(f->decoded.not_member.asked_term, 8);
	assert_int_equal(f->decoded.not_member.tip.index, 0);
	assert_int_equal(decode_shorter(f, GOLDEN_NOT_MEMBER, 24),
			 RAFT_WIRE_LENGTH);
	assert_int_equal(decode_shorter(f, GOLDEN_SNAPSHOT, 8), RAFT_WIRE_OK);
	assert_int_equal(f->decoded.snapshot.writing, 0);
	assert_int_equal(f->decoder.content.part.length, 5);
	assert_int_equal(decode_shorter(f, GOLDEN_SNAPSHOT, 16),
			 RAFT_WIRE_LENGTH);
}

/* --------------------------------------------------------------- limits */

static void
a_snapshot_above_its_limits_is_refused(void **state)
{
	struct fixture *f = *state;
	struct raft_snapshot_content content = golden_content;
	size_t at;

	for (at = ENVELOPE + 56; at < ENVELOPE + 64; at += 4) {
		f->length = raft_wire_encode(&goldens[GOLDEN_SNAPSHOT].message,
					     f->bytes, sizeof(f->bytes));
		f->bytes[at]++;
		assert_int_equal(decode(f, f->bytes, f->length),
				 RAFT_WIRE_LENGTH);
		f->bytes[at + 3] = RAFT_PAYLOAD_BYTES_MAX >> 24;
		assert_int_equal(decode(f, f->bytes, f->length),
				 RAFT_WIRE_TOO_LARGE);
	}
	f->message = goldens[GOLDEN_SNAPSHOT].message;
	f->message.snapshot.content = &content;
	assert_int_not_equal(raft_wire_bytes(&f->message), 0);
	content.part.length = RAFT_PAYLOAD_BYTES_MAX + 1;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
	content.part.length = 5;
	content.configuration_length = RAFT_PAYLOAD_BYTES_MAX + 1;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
}

/* What is as large as may be is only missing: so it says, and takes no memory
 * for it. */
static void
the_largest_of_all_is_not_too_large(void **state)
{
	static const uint8_t largest[] = { 0, 0, 0, RAFT_PAYLOAD_BYTES_MAX >> 24 };
	struct fixture *f = *state;

	assert_int_equal(RAFT_PAYLOAD_BYTES_MAX, largest[3] << 24);
	for (size_t at = ENVELOPE + 56; at < ENVELOPE + 64; at += 4) {
		f->length = raft_wire_encode(&goldens[GOLDEN_SNAPSHOT].message,
					     f->bytes, sizeof(f->bytes));
		memcpy(f->bytes + at, largest, 4);
		assert_int_equal(decode(f, f->bytes, f->length),
				 RAFT_WIRE_LENGTH);
	}
	f->length = raft_wire_encode(&goldens[0].message, f->bytes,
				     sizeof(f->bytes));
	memcpy(f->bytes + ENVELOPE + 64 + 8, largest, 4);
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_LENGTH);
	/* Only the version of this one is read. */
	f->bytes[0]++;
	assert_int_equal(raft_wire_decode(&f->decoder, f->bytes,
					  RAFT_WIRE_BYTES_MAX, NULL,
					  &f->decoded),
			 RAFT_WIRE_UNKNOWN_VERSION);
	assert_int_equal(raft_wire_decode(&f->decoder, f->bytes,
					  RAFT_WIRE_BYTES_MAX + 1, NULL,
					  &f->decoded),
			 RAFT_WIRE_TOO_LARGE);
}

/* The core hands a part out without them: the sender adds them. */
static void
a_part_whose_bytes_are_missing_is_not_encoded(void **state)
{
	struct fixture *f = *state;
	struct raft_snapshot_content content = golden_content;

	f->message = goldens[GOLDEN_SNAPSHOT].message;
	f->message.snapshot.content = &content;
	content.part.data = NULL;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
	content.part.length = 0;
	assert_int_not_equal(raft_wire_bytes(&f->message), 0);
	content.configuration = NULL;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
	f->message.snapshot.content = NULL;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
}

static void
a_count_that_contradicts_its_indexes_is_refused(void **state)
{
	struct fixture *f = *state;

	f->length = raft_wire_encode(&goldens[0].message, f->bytes,
				     sizeof(f->bytes));
	f->bytes[ENVELOPE + 16]++;
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_MALFORMED);
	f->bytes[ENVELOPE + 16] = 8;
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_MALFORMED);
	/* 12 entries from 2^64 - 2 on: no index may wrap around. */
	memset(f->bytes + ENVELOPE, 0xff, 8);
	f->bytes[ENVELOPE + 16] = 2;
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_MALFORMED);
}

/* Without this an entry's head would be read from its neighbour, or none at
 * all, and the entries of an earlier append be taken for those of this one. */
static void
a_part_shorter_than_in_version_1_is_refused(void **state)
{
	struct fixture *f = *state;

	f->message = goldens[0].message;
	f->message.append.last.index = f->message.append.previous.index + 1;
	f->length = raft_wire_encode(&f->message, f->bytes, sizeof(f->bytes));
	f->bytes[ENVELOPE + 60] = 15;
	assert_int_equal(decode(f, f->bytes, f->length - 1), RAFT_WIRE_LENGTH);
	f->bytes[ENVELOPE + 60] = 0;
	assert_int_equal(decode(f, f->bytes, f->length - 16), RAFT_WIRE_LENGTH);

	f->length = raft_wire_encode(&goldens[2].message, f->bytes,
				     sizeof(f->bytes));
	f->bytes[4]--;
	assert_int_equal(decode(f, f->bytes, f->length - 1), RAFT_WIRE_LENGTH);
	f->bytes[4]++;
	f->bytes[2]--;
	assert_int_equal(decode(f, f->bytes, f->length - 1), RAFT_WIRE_LENGTH);
}

static void
nothing_is_allocated_for_entries_that_did_not_come(void **state)
{
	struct fixture *f = *state;

	f->message = goldens[0].message;
	f->message.append.last.index = f->message.append.previous.index;
	f->length = raft_wire_encode(&f->message, f->bytes, sizeof(f->bytes));
	/* 65536 entries, as both the indexes and the count say. */
	f->bytes[ENVELOPE + 18] = f->bytes[ENVELOPE + 58] = 1;
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_LENGTH);
	assert_int_equal(f->decoder.room, 0);
	/* One more than may be. */
	f->bytes[ENVELOPE + 16]++;
	f->bytes[ENVELOPE + 56]++;
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_TOO_LARGE);
}

static void
a_payload_above_the_limit_is_refused(void **state)
{
	struct fixture *f = *state;

	f->length = raft_wire_encode(&goldens[0].message, f->bytes,
				     sizeof(f->bytes));
	f->bytes[ENVELOPE + 64 + 8] = 1;
	f->bytes[ENVELOPE + 64 + 11] = RAFT_PAYLOAD_BYTES_MAX >> 24;
	f->bytes[ENVELOPE + 64 + 10] = RAFT_PAYLOAD_BYTES_MAX >> 16 & 0xff;
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_TOO_LARGE);
}

static void
what_has_no_place_in_the_format_is_not_encoded(void **state)
{
	struct fixture *f = *state;
	struct raft_entry entries[2];

	memcpy(entries, golden_entries, sizeof(entries));
	f->message = goldens[0].message;
	f->message.append.entries = NULL;
	assert_int_equal(raft_wire_bytes(&f->message), 0);

	f->message.append.entries = entries;
	f->message.append.last.index = 11;
	assert_int_not_equal(raft_wire_bytes(&f->message), 0);
	entries[1].payload.length = RAFT_PAYLOAD_BYTES_MAX + 1;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
	entries[1].payload.length = 5;
	entries[1].kind = (enum raft_entry_kind)0x10000;
	assert_int_equal(raft_wire_bytes(&f->message), 0);

	f->message.append.last.index = 8;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
	f->message.append.last.index = 9 + RAFT_WIRE_ENTRIES_MAX + 1;
	assert_int_equal(raft_wire_bytes(&f->message), 0);

	f->message = goldens[4].message;
	f->message.extension.length = RAFT_EXTENSION_BYTES_MAX + 1;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
	f->message.kind = (enum raft_message_kind)256;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
}

/* No byte of the payloads is looked at to measure them. */
static void
what_is_as_large_as_may_be_is_encoded(void **state)
{
	const uint32_t most = RAFT_PAYLOAD_BYTES_MAX;
	struct raft_snapshot_content content = golden_content;
	struct raft_entry *entries =
	    calloc(RAFT_WIRE_ENTRIES_MAX, sizeof(*entries));
	struct fixture *f = *state;
	size_t heads = 128 + 16 * 4 - 8;

	assert_non_null(entries);
	f->message = goldens[0].message;
	f->message.append.entries = entries;
	f->message.append.last.index = 9 + RAFT_WIRE_ENTRIES_MAX;
	entries[0].kind = (enum raft_entry_kind)UINT16_MAX;
	assert_int_equal(raft_wire_bytes(&f->message),
			 120 + 16 * RAFT_WIRE_ENTRIES_MAX);
	f->message.append.last.index = 10;
	entries[0].payload.length = most;
	assert_int_equal(raft_wire_bytes(&f->message), 120 + 16 + most);
	f->message.append.last.index = 13;
	for (int i = 1; i < 4; i++)
		entries[i].payload.length = most;
	entries[3].payload.length -= heads;
	assert_int_equal(raft_wire_bytes(&f->message), RAFT_WIRE_BYTES_MAX);
	entries[3].payload.length++;
	assert_int_equal(raft_wire_bytes(&f->message), 0);
	free(entries);

	f->message = goldens[GOLDEN_SNAPSHOT].message;
	f->message.snapshot.content = &content;
	content.part.length = most;
	content.configuration_length = most;
	assert_int_equal(raft_wire_bytes(&f->message), 128 + 2 * most);
}

static void
too_small_a_buffer_is_left_alone(void **state)
{
	uint8_t bytes[ENVELOPE + 40] = { 0x77 };
	size_t size = raft_wire_bytes(&goldens[2].message);

	(void)state;
	assert_int_equal(size, sizeof(bytes));
	assert_int_equal(raft_wire_encode(&goldens[2].message, bytes,
					  size - 1), 0);
	assert_int_equal(bytes[0], 0x77);
	assert_int_equal(raft_wire_encode(&goldens[2].message, bytes, size),
			 size);
}

/* M2: what was in memory before never goes to a peer. */
static void
no_stray_byte_is_encoded(void **state)
{
	struct fixture *f = *state;
	uint8_t other[sizeof(f->bytes)];
	size_t g, length;

	for (g = 0; g < sizeof(goldens) / sizeof(goldens[0]); g++) {
		f->message = goldens[g].message;
		if (f->message.kind == RAFT_MESSAGE_EXTENSION)
			memset(f->message.extension.bytes + 4, 0xa5,
			       RAFT_EXTENSION_BYTES_MAX - 4);
		memset(f->bytes, 0x00, sizeof(f->bytes));
		memset(other, 0xff, sizeof(other));
		length = raft_wire_encode(&f->message, f->bytes,
					  sizeof(f->bytes));
		assert_int_equal(raft_wire_encode(&goldens[g].message, other,
						  sizeof(other)), length);
		assert_memory_equal(f->bytes, other, length);
	}
}

/* ------------------------------------------------------------- payloads */

static void
payloads_point_into_the_bytes_and_name_their_owner(void **state)
{
	struct fixture *f = *state;
	struct raft_block owner = { 1, NULL };
	const struct raft_entry *entries;

	f->length = raft_wire_encode(&goldens[0].message, f->bytes,
				     sizeof(f->bytes));
	assert_int_equal(raft_wire_decode(&f->decoder, f->bytes, f->length,
					  &owner, &f->decoded),
			 RAFT_WIRE_OK);
	entries = f->decoded.append.entries;
	/* An empty one has no need of the bytes: it would only pin them. */
	assert_null(entries[0].payload.owner);
	assert_ptr_equal(entries[1].payload.owner, &owner);
	assert_ptr_equal(entries[1].payload.data, f->bytes + f->length - 6);
	assert_ptr_equal(entries[2].payload.data, f->bytes + f->length - 1);
	assert_int_equal(owner.references, 1);
}

static void
a_part_points_into_the_bytes_and_names_its_owner(void **state)
{
	struct fixture *f = *state;
	struct raft_block owner = { 1, NULL };
	const struct raft_snapshot_content *content;

	f->length = raft_wire_encode(&goldens[GOLDEN_SNAPSHOT].message,
				     f->bytes, sizeof(f->bytes));
	assert_int_equal(raft_wire_decode(&f->decoder, f->bytes, f->length,
					  &owner, &f->decoded),
			 RAFT_WIRE_OK);
	content = f->decoded.snapshot.content;
	assert_ptr_equal(content, &f->decoder.content);
	assert_ptr_equal(content->part.owner, &owner);
	assert_ptr_equal(content->part.data, f->bytes + f->length - 5);
	assert_ptr_equal(content->configuration, f->bytes + f->length - 9);
	assert_int_equal(owner.references, 1);
}

static void
a_decoder_is_used_again_without_allocating(void **state)
{
	struct fixture *f = *state;
	const struct raft_entry *entries;
	int i;

	f->length = raft_wire_encode(&goldens[0].message, f->bytes,
				     sizeof(f->bytes));
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_OK);
	entries = f->decoder.entries;
	for (i = 0; i < 100; i++)
		assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_OK);
	assert_ptr_equal(f->decoder.entries, entries);
	/* A heartbeat has none of them. */
	f->message = goldens[0].message;
	f->message.append.last.index = f->message.append.previous.index;
	f->length = raft_wire_encode(&f->message, f->bytes, sizeof(f->bytes));
	assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_OK);
	assert_null(f->decoded.append.entries);
}

/* From 64 on by doubling: a growing load costs few allocations. */
static void
a_decoder_grows_by_doubling(void **state)
{
	static const size_t counts[][2] = {
		{ 1, 64 }, { 64, 64 }, { 65, 128 }, { 129, 256 }, { 2, 256 },
	};
	static struct raft_entry entries[129];
	struct fixture *f = *state;

	f->message = goldens[0].message;
	f->message.append.entries = entries;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		f->message.append.last.index = 9 + counts[i][0];
		f->length = raft_wire_encode(&f->message, f->bytes,
					     sizeof(f->bytes));
		assert_int_equal(decode(f, f->bytes, f->length), RAFT_WIRE_OK);
		assert_int_equal(f->decoder.room, counts[i][1]);
	}
}

/* --------------------------------------------------------------- frames */

static void
a_frame_says_what_follows(void **state)
{
	static const uint8_t golden[RAFT_WIRE_FRAME_BYTES] = {
		0x4f, 0x55, 0x54, 0x52, 0x01, 0x00, 0x00, 0x00,
		0x38, 0x00, 0x00, 0x00, 0x00, 0x29, 0xb5, 0xf2,
	};
	struct fixture *f = *state;
	struct raft_wire_frame frame;
	uint8_t header[RAFT_WIRE_FRAME_BYTES];

	f->length = raft_wire_encode(&goldens[9].message, f->bytes,
				     sizeof(f->bytes));
	raft_wire_frame_encode(header, f->bytes, f->length);
	assert_memory_equal(header, golden, sizeof(golden));
	assert_int_equal(raft_wire_frame_decode(header, &frame), RAFT_WIRE_OK);
	assert_int_equal(frame.length, f->length);
	assert_int_equal(raft_wire_frame_check(&frame, f->bytes),
			 RAFT_WIRE_OK);
}

/* A frame's header and message in one, as they come. */
static enum raft_wire_error
check_frame(const uint8_t *bytes, size_t message_length)
{
	struct raft_wire_frame frame;
	enum raft_wire_error error = raft_wire_frame_decode(bytes, &frame);

	if (error != RAFT_WIRE_OK)
		return error;
	/* A wrong length makes the reader take other bytes for the message;
	 * those here are followed by none. */
	if (frame.length != message_length)
		return RAFT_WIRE_LENGTH;
	return raft_wire_frame_check(&frame, bytes + RAFT_WIRE_FRAME_BYTES);
}

static void
every_flipped_bit_of_a_frame_is_noticed(void **state)
{
	struct fixture *f = *state;
	size_t bit, length = raft_wire_encode(&goldens[0].message,
		f->bytes + RAFT_WIRE_FRAME_BYTES, sizeof(f->bytes) -
		RAFT_WIRE_FRAME_BYTES);

	raft_wire_frame_encode(f->bytes, f->bytes + RAFT_WIRE_FRAME_BYTES,
			       length);
	assert_int_equal(check_frame(f->bytes, length), RAFT_WIRE_OK);
	for (bit = 0; bit < 8 * (RAFT_WIRE_FRAME_BYTES + length); bit++) {
		f->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(check_frame(f->bytes, length),
				     RAFT_WIRE_OK);
		f->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* Of a sealed frame, only the header's own. */
static void
a_sealed_frame_has_a_checksum_of_its_header(void **state)
{
	static const uint8_t golden[RAFT_WIRE_FRAME_BYTES] = {
		0x4f, 0x55, 0x54, 0x52, 0x01, 0x01, 0x00, 0x00,
		0x38, 0x00, 0x00, 0x00, 0x6e, 0x24, 0x15, 0x8b,
	};
	struct fixture *f = *state;
	struct raft_wire_frame frame;
	size_t bit;

	memset(f->bytes, 0, 0x38 + RAFT_WIRE_FRAME_BYTES);
	raft_wire_frame_encode(f->bytes, NULL, 0x38);
	assert_memory_equal(f->bytes, golden, sizeof(golden));
	assert_int_equal(check_frame(f->bytes, 0x38), RAFT_WIRE_OK);
	for (bit = 0; bit < 8 * RAFT_WIRE_FRAME_BYTES; bit++) {
		f->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(check_frame(f->bytes, 0x38),
				     RAFT_WIRE_OK);
		f->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	f->bytes[RAFT_WIRE_FRAME_BYTES] ^= 1;
	assert_int_equal(check_frame(f->bytes, 0x38), RAFT_WIRE_OK);
	/* By 1 only: what else may stand there one day, nobody knows. */
	f->bytes[5] = 2;
	assert_int_equal(raft_wire_frame_decode(f->bytes, &frame),
			 RAFT_WIRE_OK);
	assert_false(frame.is_sealed);
}

static void
a_note_is_no_message(void **state)
{
	static const uint8_t golden[8] = { 'O', 'U', 'T', 'R', 1, 0, 1, 0 };
	struct fixture *f = *state;
	struct raft_wire_frame frame;
	uint8_t *note = f->bytes + RAFT_WIRE_FRAME_BYTES;

	memset(note, 7, 100);
	raft_wire_frame_encode(f->bytes, note, 100);
	assert_int_equal(raft_wire_frame_decode(f->bytes, &frame),
			 RAFT_WIRE_OK);
	assert_false(frame.is_note);
	raft_wire_frame_encode_note(f->bytes, note, 100);
	assert_memory_equal(f->bytes, golden, sizeof(golden));
	assert_int_equal(check_frame(f->bytes, 100), RAFT_WIRE_OK);
	assert_int_equal(raft_wire_frame_decode(f->bytes, &frame),
			 RAFT_WIRE_OK);
	assert_true(frame.is_note);
	/* Its checksum says so, too. */
	f->bytes[6] = 0;
	assert_int_equal(check_frame(f->bytes, 100), RAFT_WIRE_CHECKSUM);
	raft_wire_frame_encode_note(f->bytes, NULL, 100);
	assert_int_equal(check_frame(f->bytes, 100), RAFT_WIRE_OK);
	f->bytes[6] = 0;
	assert_int_equal(check_frame(f->bytes, 100), RAFT_WIRE_CHECKSUM);
	/* What else a frame may carry one day, this build cannot follow. */
	f->bytes[6] = 2;
	assert_int_equal(check_frame(f->bytes, 100), RAFT_WIRE_UNKNOWN_VERSION);
}

static void
an_absurd_frame_is_refused_before_it_is_awaited(void **state)
{
	struct fixture *f = *state;
	struct raft_wire_frame frame;

	raft_wire_frame_encode(f->bytes, f->bytes, 0);
	assert_int_equal(raft_wire_frame_decode(f->bytes, &frame),
			 RAFT_WIRE_LENGTH);
	f->bytes[11] = RAFT_WIRE_BYTES_MAX >> 24;
	assert_int_equal(raft_wire_frame_decode(f->bytes, &frame),
			 RAFT_WIRE_OK);
	assert_int_equal(frame.length, RAFT_WIRE_BYTES_MAX);
	f->bytes[8] = 1;
	assert_int_equal(raft_wire_frame_decode(f->bytes, &frame),
			 RAFT_WIRE_TOO_LARGE);
	f->bytes[4]++;
	assert_int_equal(raft_wire_frame_decode(f->bytes, &frame),
			 RAFT_WIRE_UNKNOWN_VERSION);
	f->bytes[0]++;
	assert_int_equal(raft_wire_frame_decode(f->bytes, &frame),
			 RAFT_WIRE_MAGIC);
}

/* The known answers of RFC 3720, B.4. */
static void
the_checksum_is_crc32c(void **state)
{
	struct fixture *f = *state;
	uint8_t rising[32];
	uint32_t crc;
	size_t i;

	for (i = 0; i < sizeof(rising); i++)
		rising[i] = (uint8_t)i;
	memset(f->bytes, 0x00, 32);
	memset(f->bytes + 32, 0xff, 32);
	assert_int_equal(raft__crc32c(0, f->bytes, 32), 0x8a9136aa);
	assert_int_equal(raft__crc32c(0, f->bytes + 32, 32), 0x62a8ab43);
	assert_int_equal(raft__crc32c(0, rising, 32), 0x46dd794e);
	/* Byte by byte is the table's way, whatever the processor has. */
	for (i = 0, crc = 0; i < sizeof(rising); i++)
		crc = raft__crc32c(crc, rising + i, 1);
	assert_int_equal(crc, 0x46dd794e);
}

static void
every_error_has_a_name_and_a_text(void **state)
{
	enum raft_wire_error last = RAFT_WIRE_CHECKSUM;

	(void)state;
	assert_string_equal(raft_wire_error_name(RAFT_WIRE_OK), "OK");
	assert_string_equal(raft_wire_error_name(last), "CHECKSUM");
	assert_string_equal(raft_wire_error_text(last), "damaged on its way");
	assert_string_equal(raft_wire_error_name(last + 1), "?");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_comes_back_as_it_was),
		TEST(every_truncation_and_every_extra_byte_is_refused),
		TEST(a_changed_byte_never_harms),
		TEST(random_bytes_never_harm),
		TEST(the_bytes_of_version_1_stay_what_they_are),
		TEST(fields_of_a_later_build_are_skipped),
		TEST(an_unknown_kind_keeps_its_envelope),
		TEST(another_version_is_refused),
		TEST(a_verdict_or_refusal_outside_its_range_is_refused),
		TEST(gap_and_damage_are_one_or_none),
		TEST(what_an_older_build_writes_is_read),
		TEST(a_count_that_contradicts_its_indexes_is_refused),
		TEST(a_part_shorter_than_in_version_1_is_refused),
		TEST(nothing_is_allocated_for_entries_that_did_not_come),
		TEST(a_payload_above_the_limit_is_refused),
		TEST(a_snapshot_above_its_limits_is_refused),
		TEST(the_largest_of_all_is_not_too_large),
		TEST(what_has_no_place_in_the_format_is_not_encoded),
		TEST(a_part_whose_bytes_are_missing_is_not_encoded),
		TEST(what_is_as_large_as_may_be_is_encoded),
		TEST(too_small_a_buffer_is_left_alone),
		TEST(no_stray_byte_is_encoded),
		TEST(payloads_point_into_the_bytes_and_name_their_owner),
		TEST(a_part_points_into_the_bytes_and_names_its_owner),
		TEST(a_decoder_is_used_again_without_allocating),
		TEST(a_decoder_grows_by_doubling),
		TEST(a_frame_says_what_follows),
		TEST(every_flipped_bit_of_a_frame_is_noticed),
		TEST(a_sealed_frame_has_a_checksum_of_its_header),
		TEST(a_note_is_no_message),
		TEST(an_absurd_frame_is_refused_before_it_is_awaited),
		TEST(the_checksum_is_crc32c),
		TEST(every_error_has_a_name_and_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
