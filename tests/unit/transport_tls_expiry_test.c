/*
 * What runs out is told ahead, and nobody stays whose certificate has run out, or
 * of whose CA there is no current list: nothing need be read again for that.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_pki.h"


#include "assists/transport_tls/inside.h"

#define HOUR 3600

/* The clock of server 1, and what it was told. */
struct watcher {
	int64_t now;
	size_t count;
	struct raft_tls_expiry told[16];
	char text[RAFT_TLS_ERROR_BYTES];
	/** Reload from within. */
	struct tls_pair *reloads;
};

static int64_t
tell_time(void *context)
{
	return ((struct watcher *)context)->now;
}

static void
take_expiry(void *context, const struct raft_tls_expiry *expiry)
{
	struct watcher *watcher = context;
	char error[RAFT_TLS_ERROR_BYTES];

	assert_true(watcher->count < 16);
	watcher->told[watcher->count++] = *expiry;
	snprintf(watcher->text, sizeof(watcher->text), "%s", expiry->text);
	if (watcher->reloads != NULL)
		assert_true(raft_tls_reload(watcher->reloads->tls_one, NULL,
					    error, sizeof(error)));
}

/* Server 1 by that clock, and server 2 by the one on the wall. */
static void
open_watched_pair(struct tls_pair *pair, struct watcher *watcher,
		  const struct raft_tls_files *files)
{
	struct raft_tls_options options = {
		.cluster = "red",
		.id = 1,
		.files = *files,
		.now = tell_time,
		.expiry = take_expiry,
		.context = watcher,
	};
	char error[RAFT_TLS_ERROR_BYTES];

	pair->tls_one = raft_tls_create(&options, error, sizeof(error));
	if (pair->tls_one == NULL)
		fail_msg("%s", error);
	pair->tls_two = load_fair(&pair->pki, 2);
	open_tls_site(&pair->one, &pair->loop, 1, pair->tls_one);
	open_tls_site(&pair->two, &pair->loop, 2, pair->tls_two);
	introduce(&pair->one, 2, raft_tcp_port(pair->two.tcp));
	introduce(&pair->two, 1, raft_tcp_port(pair->one.tcp));
	assert_true(run_until(
	    &pair->loop,
	    is_open_both(&pair->one, 2) && is_open_both(&pair->two, 1), 5000));
}

static void
begin_pair(struct tls_pair *pair, struct watcher *watcher)
{
	memset(pair, 0, sizeof(*pair));
	uv_loop_init(&pair->loop);
	open_pki(&pair->pki);
	*watcher = (struct watcher){ .now = pair->pki.now };
}

/* Two lists of one CA. */
static void
write_lists(struct pki *pki, time_t one_ends, time_t two_ends)
{
	X509_CRL *crls[] = {
		raft_certs_make_crl(&pki->ca, NULL, NULL, pki->now - DAY,
				    one_ends),
		raft_certs_make_crl(&pki->ca, NULL, NULL, pki->now - DAY + 9,
				    two_ends),
	};

	assert_true(raft_certs_write_crls(path_in(pki, "crl.pem"), crls, 2));
	X509_CRL_free(crls[0]);
	X509_CRL_free(crls[1]);
}

static void
write_list(struct pki *pki, time_t ends)
{
	write_lists(pki, ends, ends);
}

/* Server 2, whose certificate ends then. */
static void
issue_two(struct pki *pki, time_t ends)
{
	struct raft_certs_wish wish = fair_wish(pki, "raft://red/node/2");
	struct raft_certs_pair node;

	wish.ends = ends;
	node = issue(pki, &pki->ca, "2", &wish);
	raft_certs_clear(&node);
}

/* By the clock on the wall. */
static void
nobody_stays_whose_certificate_has_run_out(void **state)
{
	struct tls_pair pair;
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	open_tls_pair(&pair);
	issue_two(&pair.pki, time(NULL) + 4);
	assert_true(raft_tls_reload(pair.tls_two, NULL, error, sizeof(error)));
	run_until(&pair.loop, false, 1500);
	assert_int_equal(count(&pair.one, RAFT_LINK_TLS_UNTIMELY), 0);
	assert_true(is_open_both(&pair.one, 2));
	assert_true(run_until(
	    &pair.loop, count(&pair.one, RAFT_LINK_TLS_UNTIMELY) >= 2, 5000));
	assert_false(is_open_both(&pair.one, 2));
	assert_int_equal(pair.one.closed, 0);
	close_tls_pair(&pair);
}

static void
nobody_else_goes_when_one_certificate_runs_out(void **state)
{
	struct raft_tls_files files;
	struct watcher watcher;
	struct site three = { 0 };
	struct raft_tls *tls;
	struct tls_pair pair;

	(void)state;
	begin_pair(&pair, &watcher);
	issue_two(&pair.pki, pair.pki.now + HOUR);
	files = files_of(&pair.pki, "1");
	open_watched_pair(&pair, &watcher, &files);
	tls = load_fair(&pair.pki, 3);
	open_tls_site(&three, &pair.loop, 3, tls);
	introduce(&three, 1, raft_tcp_port(pair.one.tcp));
	introduce(&pair.one, 3, raft_tcp_port(three.tcp));
	assert_true(run_until(&pair.loop, is_open_both(&pair.one, 3), 5000));
	watcher.now += HOUR - 1;
	run_until(&pair.loop, false, 300);
	assert_true(is_open_both(&pair.one, 2));
	watcher.now++;
	assert_true(run_until(
	    &pair.loop, count(&pair.one, RAFT_LINK_TLS_UNTIMELY) == 2, 2000));
	assert_non_null(strstr(pair.one.trace, "renew it, or set the clock"));
	run_until(&pair.loop, false, 300);
	assert_true(is_open_both(&pair.one, 3));
	assert_int_equal(count(&three, RAFT_LINK_OPENED_OUT), 1);
	close_site(&three);
	raft_tls_destroy(tls);
	close_tls_pair(&pair);
}

static void
nobody_stays_without_a_current_list(void **state)
{
	struct raft_tls_files files;
	struct watcher watcher;
	struct tls_pair pair;
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	begin_pair(&pair, &watcher);
	write_list(&pair.pki, pair.pki.now + HOUR);
	files = files_of(&pair.pki, "1");
	files.revocations = path_in(&pair.pki, "crl.pem");
	open_watched_pair(&pair, &watcher, &files);
	watcher.now += HOUR - 1;
	run_until(&pair.loop, false, 300);
	assert_true(is_open_both(&pair.one, 2));
	watcher.now++;
	assert_true(run_until(
	    &pair.loop, count(&pair.one, RAFT_LINK_TLS_REVOKED) >= 2, 2000));
	assert_int_equal(watcher.told[watcher.count - 1].paper,
			 RAFT_TLS_REVOCATIONS);
	assert_int_equal(watcher.told[watcher.count - 1].days_left, 0);
	assert_non_null(strstr(watcher.text, "crl.pem: has ended: renew"));
	write_list(&pair.pki, pair.pki.now + DAY);
	assert_true(raft_tls_reload(pair.tls_one, NULL, error, sizeof(error)));
	assert_true(run_until(
	    &pair.loop,
	    is_open_both(&pair.one, 2) && is_open_both(&pair.two, 1), 4000));
	close_tls_pair(&pair);
}

/* Time that passes does not concern who has not come in yet, and costs nothing
 * while nothing ends. */
static void
nothing_is_judged_while_nothing_ends(void **state)
{
	const struct raft_stream *stream;
	struct raft_tls_files files;
	struct watcher watcher;
	struct tls_pair pair;
	uint64_t before;
	int silent;

	(void)state;
	begin_pair(&pair, &watcher);
	files = files_of(&pair.pki, "1");
	open_watched_pair(&pair, &watcher, &files);
	stream = raft_tls_stream(pair.tls_one);
	silent = dial(raft_tcp_port(pair.one.tcp));
	run_until(&pair.loop, false, 50);
	stream->watch(stream);
	before = pair.tls_one->generation;
	for (int i = 0; i < 100; i++, watcher.now++)
		stream->watch(stream);
	assert_int_equal(pair.tls_one->generation, before);
	watcher.now += DAY;
	stream->watch(stream);
	assert_int_equal(pair.tls_one->generation, before + 1);
	assert_int_equal(count(&pair.one, RAFT_LINK_TLS_UNTIMELY), 2);
	assert_int_equal(count(&pair.one, RAFT_LINK_LEFT), 0);
	close(silent);
	close_tls_pair(&pair);
}

/* ------------------------------------------------------------------ warnings */

/* Our certificate, and behind it one that ends then. */
static void
write_chain(struct pki *pki, time_t ends)
{
	struct raft_certs_wish wish = {
		.name = "another",
		.begins = pki->now - DAY,
		.ends = ends,
	};
	X509 *one = raft_certs_read(path_in(pki, "1.pem"));
	struct raft_certs_pair another;

	assert_true(raft_certs_make_authority(&wish, &another));
	write_certificates(path_in(pki, "1.pem"), one, another.certificate);
	raft_certs_clear(&another);
	X509_free(one);
}

/* Of lists of one CA the one that lasts longest counts, of a certificate and those
 * behind it the one that ends first. */
static void
status_tells_what_ends_first(void **state)
{
	static const time_t ends[][3] = { { HOUR, 9 * DAY, HOUR / 2 },
					  { 9 * DAY, HOUR, 2 * DAY } };
	struct raft_tls_status status;
	struct raft_tls_files files;
	struct raft_tls *tls;
	struct pki pki;

	(void)state;
	open_pki(&pki);
	for (size_t i = 0; i < 2; i++) {
		write_lists(&pki, pki.now + ends[i][0], pki.now + ends[i][1]);
		write_chain(&pki, pki.now + ends[i][2]);
		files = files_of(&pki, "1");
		files.revocations = path_in(&pki, "crl.pem");
		tls = load("red", 1, files);
		raft_tls_status(tls, &status);
		assert_int_equal(status.revocations_end, pki.now + 9 * DAY);
		assert_int_equal(status.certificate_ends,
				 pki.now + (i == 0 ? HOUR / 2 : DAY));
		raft_tls_destroy(tls);
	}
	close_pki(&pki);
}

/* For so many days, as a loop sees them. */
static void
pass_days(struct tls_pair *pair, struct watcher *watcher, int64_t days)
{
	int64_t end = watcher->now + days * DAY;
	const struct raft_stream *stream = raft_tls_stream(pair->tls_one);

	for (; watcher->now < end; watcher->now += DAY / 4)
		stream->watch(stream);
}

static void
expect_told(const struct watcher *watcher, size_t at, enum raft_tls_paper paper,
	    unsigned days_left)
{
	assert_true(at < watcher->count);
	assert_int_equal(watcher->told[at].paper, paper);
	assert_int_equal(watcher->told[at].days_left, days_left);
}

/* A certificate of 60 days, a list of 100 and a CA of 200. */
static void
what_ends_is_told_ahead(void **state)
{
	static const unsigned days_left[] = { 30, 7, 1, 0 };
	struct raft_certs_wish wish = { .name = "red CA" };
	struct raft_tls_status status;
	struct raft_certs_pair node;
	struct raft_tls_files files;
	struct watcher watcher;
	struct tls_pair pair;
	struct pki *pki = &pair.pki;
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	begin_pair(&pair, &watcher);
	raft_certs_clear(&pki->ca);
	wish.begins = pki->now - DAY;
	wish.ends = pki->now + 200 * DAY;
	assert_true(raft_certs_make_authority(&wish, &pki->ca));
	write_certificates(path_in(pki, "ca.pem"), pki->ca.certificate, NULL);
	issue_fair(pki, &pki->ca, 2);
	wish = fair_wish(pki, "raft://red/node/1");
	wish.ends = pki->now + 60 * DAY;
	node = issue(pki, &pki->ca, "1", &wish);
	raft_certs_clear(&node);
	write_list(pki, pki->now + 100 * DAY);
	files = files_of(pki, "1");
	files.revocations = path_in(pki, "crl.pem");
	open_watched_pair(&pair, &watcher, &files);
	raft_tls_status(pair.tls_one, &status);
	assert_int_equal(status.certificate_ends, pki->now + 60 * DAY);
	assert_int_equal(status.revocations_end, pki->now + 100 * DAY);
	assert_int_equal(status.authorities_end, pki->now + 200 * DAY);
	run_until(&pair.loop, false, 200);
	assert_int_equal(watcher.count, 0);
	pass_days(&pair, &watcher, 31);
	assert_int_equal(watcher.count, 1);
	assert_int_equal(watcher.told[0].ends, pki->now + 60 * DAY);
	assert_string_equal(watcher.told[0].path, path_in(pki, "1.pem"));
	assert_non_null(strstr(watcher.text, "/1.pem: ends within 30 days: "
					     "renew it and reload"));
	pass_days(&pair, &watcher, 30);
	assert_int_equal(watcher.count, 4);
	for (size_t i = 0; i < 4; i++)
		expect_told(&watcher, i, RAFT_TLS_CERTIFICATE, days_left[i]);
	/* With another all goes on, also for what is near its end. */
	wish.begins = pki->now;
	wish.ends = pki->now + 190 * DAY;
	node = issue(pki, &pki->ca, "1", &wish);
	raft_certs_clear(&node);
	assert_true(raft_tls_reload(pair.tls_one, NULL, error, sizeof(error)));
	watcher.count = 0;
	pass_days(&pair, &watcher, 38);
	assert_int_equal(watcher.count, 2);
	/* What is read again as it was is not told again. */
	assert_true(raft_tls_reload(pair.tls_one, NULL, error, sizeof(error)));
	pass_days(&pair, &watcher, 1);
	assert_int_equal(watcher.count, 3);
	for (size_t i = 0; i < 3; i++)
		expect_told(&watcher, i, RAFT_TLS_REVOCATIONS, days_left[i]);
	assert_non_null(strstr(watcher.text, "crl.pem: ends within 1 day: "));
	/* Another that is near its end as well is told at once, and once. */
	write_list(pki, pki->now + 104 * DAY - HOUR);
	assert_true(raft_tls_reload(pair.tls_one, NULL, error, sizeof(error)));
	pass_days(&pair, &watcher, 1);
	assert_int_equal(watcher.count, 4);
	expect_told(&watcher, 3, RAFT_TLS_REVOCATIONS, 4);
	close_tls_pair(&pair);
}

/* As a program may that fetches its files when it is told. */
static void
whoever_is_told_may_reload_at_once(void **state)
{
	struct raft_tls_status status;
	struct raft_tls_files files;
	struct watcher watcher;
	struct tls_pair pair;

	(void)state;
	begin_pair(&pair, &watcher);
	files = files_of(&pair.pki, "1");
	watcher.reloads = &pair;
	open_watched_pair(&pair, &watcher, &files);
	run_until(&pair.loop, false, 500);
	/* A day is left to the certificate and to the CA. */
	assert_int_equal(watcher.count, 2);
	expect_told(&watcher, 0, RAFT_TLS_CERTIFICATE, 1);
	expect_told(&watcher, 1, RAFT_TLS_AUTHORITIES, 1);
	raft_tls_status(pair.tls_one, &status);
	assert_int_equal(status.revocations_end, 0);
	assert_true(is_open_both(&pair.one, 2));
	close_tls_pair(&pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_stays_whose_certificate_has_run_out),
		cmocka_unit_test(
		    nobody_else_goes_when_one_certificate_runs_out),
		cmocka_unit_test(nobody_stays_without_a_current_list),
		cmocka_unit_test(nothing_is_judged_while_nothing_ends),
		cmocka_unit_test(status_tells_what_ends_first),
		cmocka_unit_test(what_ends_is_told_ahead),
		cmocka_unit_test(whoever_is_told_may_reload_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
