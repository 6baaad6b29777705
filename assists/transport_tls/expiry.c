/*
 * Expiry: when what stands in our files ends, who is told ahead, and when those who
 * are connected are judged again (inside.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

#include "assists/transport_tls/session.h"

#define DAY_S 86400
#define NEVER INT64_MAX

/* Ahead of the end, in days; 0: when it is there. */
static const unsigned warnings[] = { 30, 7, 1, 0 };
#define WARNING_COUNT (sizeof(warnings) / sizeof(*warnings))

static const struct {
	const char *what;
	const char *advice;
} papers[RAFT_TLS_PAPER_COUNT] = {
	[RAFT_TLS_CERTIFICATE] = { "certificate",
				   "renew it and reload, or no peer takes it" },
	[RAFT_TLS_AUTHORITIES] = { "authorities",
				   "replace this CA and reload, or nobody whom "
				   "it signed is taken" },
	[RAFT_TLS_REVOCATIONS] = { "revocations", "renew this CRL and reload, "
						  "or nobody of its "
						  "CA is taken" },
};

int64_t
raft__tls_seconds(const ASN1_TIME *time)
{
	struct tm parts;

	if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1)
		return NEVER;
	return timegm(&parts);
}

static int64_t
earlier(int64_t one, int64_t two)
{
	return one < two ? one : two;
}

/* ------------------------------------------------------ when the files end */

static int64_t
end_of_chain(SSL_CTX *context)
{
	int64_t end = raft__tls_seconds(
	    X509_get0_notAfter(SSL_CTX_get0_certificate(context)));
	STACK_OF(X509) * chain;

	SSL_CTX_get0_chain_certs(context, &chain);
	for (int i = 0; i < sk_X509_num(chain); i++)
		end = earlier(end, raft__tls_seconds(X509_get0_notAfter(
				       sk_X509_value(chain, i))));
	return end;
}

static int64_t
end_of_authorities(const STACK_OF(X509_OBJECT) * all)
{
	int64_t end = NEVER;

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509 *authority =
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (authority != NULL)
			end = earlier(end, raft__tls_seconds(
					       X509_get0_notAfter(authority)));
	}
	return end;
}

/* That a list ends is no harm while there is another of its CA. */
static int64_t
end_of_lists_by(const STACK_OF(X509_OBJECT) * all, const X509_NAME *issuer)
{
	int64_t end = 0;

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509_CRL *crl =
		    X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));
		int64_t its_end;

		if (crl == NULL ||
		    X509_NAME_cmp(X509_CRL_get_issuer(crl), issuer) != 0)
			continue;
		its_end = raft__tls_seconds(X509_CRL_get0_nextUpdate(crl));
		if (its_end > end)
			end = its_end;
	}
	return end;
}

/* Of the first CA that is without a list then. */
static int64_t
end_of_revocations(const STACK_OF(X509_OBJECT) * all, int64_t after)
{
	int64_t end = NEVER, its_end;

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509_CRL *crl =
		    X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));

		if (crl == NULL)
			continue;
		its_end = end_of_lists_by(all, X509_CRL_get_issuer(crl));
		if (its_end > after)
			end = earlier(end, its_end);
	}
	return end;
}

static const STACK_OF(X509_OBJECT) * objects_of(const struct raft_tls *tls)
{
	return X509_STORE_get0_objects(SSL_CTX_get_cert_store(tls->context));
}

/* Of what was read again as it was all has been told. */
static void
note_end(struct raft_tls *tls, enum raft_tls_paper paper, int64_t end)
{
	if (tls->ends[paper] != end)
		tls->warned[paper] = 0;
	tls->ends[paper] = end;
}

void
raft__tls_note_ends(struct raft_tls *tls)
{
	const STACK_OF(X509_OBJECT) *all = objects_of(tls);

	note_end(tls, RAFT_TLS_CERTIFICATE, end_of_chain(tls->context));
	note_end(tls, RAFT_TLS_AUTHORITIES, end_of_authorities(all));
	note_end(tls, RAFT_TLS_REVOCATIONS, end_of_revocations(all, 0));
	tls->wakes_at = 0;
}

/* ----------------------------------------------------------- what is told */

static const char *
path_of(const struct raft_tls *tls, enum raft_tls_paper paper)
{
	const struct raft_tls_files *files = &tls->files;

	switch (paper) {
	case RAFT_TLS_CERTIFICATE:
		return files->certificate;
	case RAFT_TLS_AUTHORITIES:
		return files->authorities;
	default:
		return files->revocations;
	}
}

static void
tell(const struct raft_tls *tls, enum raft_tls_paper paper, int64_t now)
{
	char text[RAFT_TLS_ERROR_BYTES], when[32] = "has ended";
	struct raft_tls_expiry expiry = {
		.paper = paper,
		.path = path_of(tls, paper),
		.ends = tls->ends[paper],
		.text = text,
	};

	if (tls->expiry == NULL)
		return;
	if (expiry.ends > now) {
		expiry.days_left =
		    (unsigned)((expiry.ends - now + DAY_S - 1) / DAY_S);
		snprintf(when, sizeof(when), "ends within %u day%s",
			 expiry.days_left, expiry.days_left == 1 ? "" : "s");
	}
	snprintf(text, sizeof(text), "%s %s: %s: %s", papers[paper].what,
		 expiry.path, when, papers[paper].advice);
	tls->expiry(tls->user, &expiry);
}

/* When the warning comes that is the next one but `passed`. */
static int64_t
moment_of(const struct raft_tls *tls, enum raft_tls_paper paper, size_t passed)
{
	if (passed == WARNING_COUNT || tls->ends[paper] == NEVER)
		return NEVER;
	return tls->ends[paper] - (int64_t)warnings[passed] * DAY_S;
}

/* Of several warnings that are due the last one says it all. */
static void
warn_of(struct raft_tls *tls, enum raft_tls_paper paper, int64_t now)
{
	size_t passed = tls->warned[paper];

	while (moment_of(tls, paper, passed) <= now)
		passed++;
	if (passed == tls->warned[paper])
		return;
	tls->warned[paper] = passed;
	tell(tls, paper, now);
}

/* ------------------------------------------------------------ as time passes */

/* When next something ends that somebody has been let in for, or a warning is due. */
static int64_t
find_next(const struct raft_tls *tls, int64_t now)
{
	int64_t next = end_of_revocations(objects_of(tls), now);
	const struct raft_tls_session *session;

	LIST_FOREACH(session, &tls->sessions, siblings)
	{
		if (session->verdict.ends > now)
			next = earlier(next, session->verdict.ends);
	}
	for (int i = 0; i < RAFT_TLS_PAPER_COUNT; i++)
		next = earlier(next, moment_of(tls, (enum raft_tls_paper)i,
					       tls->warned[i]));
	return next;
}

void
raft__tls_pass_time(struct raft_tls *tls)
{
	int64_t now = raft__tls_now(tls);

	if (now < tls->wakes_at)
		return;
	/* Whoever is told may reload from there. */
	tls->wakes_at = NEVER;
	raft__tls_judge_again(tls, RAFT_TLS_TIME_PASSED);
	for (int i = 0; i < RAFT_TLS_PAPER_COUNT; i++)
		warn_of(tls, (enum raft_tls_paper)i, now);
	tls->wakes_at = earlier(tls->wakes_at, find_next(tls, now));
}

static int64_t
for_a_person(int64_t end)
{
	return end == NEVER ? 0 : end;
}

void
raft_tls_status(const struct raft_tls *tls, struct raft_tls_status *status)
{
	*status = (struct raft_tls_status){
		.certificate_ends =
		    for_a_person(tls->ends[RAFT_TLS_CERTIFICATE]),
		.authorities_end =
		    for_a_person(tls->ends[RAFT_TLS_AUTHORITIES]),
		.revocations_end =
		    for_a_person(tls->ends[RAFT_TLS_REVOCATIONS]),
	};
}
