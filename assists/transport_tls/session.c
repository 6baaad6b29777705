/*
 * A session: one end of one TLS connection, between a link and the network
 * (stream.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *   socket -> tls->input -> SSL_read -> the link's room
 *   link's output -> SSL_write -> session->out -> session->sent -> socket
 *
 * OpenSSL reads and writes memory only, through a BIO of ours, and takes all
 * that it is given before it asks for more; so nothing is kept between two
 * reads but part of a record, by OpenSSL itself. An SSL may be used by one call
 * at a time: enter() and leave() stand around each and hold that it is so, also
 * when a receiver of messages answers, closes or reloads from within.
 */
#include <assert.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/transport_tls/session.h"

#define RECORD_BYTES ((size_t)16 << 10)
/* What TLS adds to a record, with something to spare; and a key update. */
#define RECORD_EXTRA 64
#define PLAIN_SPANS 4
/* More than one write has: beyond it are answers that the other end leaves
 * unread. */
#define OUT_BYTES_MAX ((size_t)512 << 10)
/* Messages of the handshake's kind behind the handshake, as key updates are:
 * each costs us more than its sender, so that after some there may be one for
 * each read that brings something. */
#define AFTERTHOUGHTS 32

static void
enter(struct raft_tls_session *session)
{
	assert(!session->busy);
	session->busy = true;
	/* To clear what is clear already takes longer than to look. */
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

static void
leave(struct raft_tls_session *session)
{
	assert(session->busy);
	session->busy = false;
}

/* ------------------------------------------------------------------ memory */

/* Room for `bytes` more records. */
static bool
reserve(struct raft_tls_session *session, size_t bytes)
{
	struct raft_buffer *old = session->out, *new;
	size_t length = old == NULL ? 0 : old->end;

	if (old != NULL && old->size - old->end >= bytes)
		return true;
	new = raft__buffers_take(session->link->rules->buffers, length + bytes);
	if (new == NULL) {
		session->starved = true;
		return false;
	}
	if (old != NULL) {
		memcpy(new->bytes, old->bytes, length);
		raft__buffer_release(old);
	}
	new->end = length;
	session->out = new;
	return true;
}

static int
bio_write(BIO *bio, const char *bytes, size_t length, size_t *written)
{
	struct raft_tls_session *session = BIO_get_data(bio);

	if (session->out != NULL &&
	    session->out->end + length > OUT_BYTES_MAX) {
		session->abuse = "it asks and does not read the answers";
		return 0;
	}
	if (!reserve(session, length))
		return 0;
	memcpy(session->out->bytes + session->out->end, bytes, length);
	session->out->end += length;
	*written = length;
	return 1;
}

static int
bio_read(BIO *bio, char *bytes, size_t room, size_t *length)
{
	struct raft_tls_session *session = BIO_get_data(bio);
	size_t count = session->in_length < room ? session->in_length : room;

	BIO_clear_retry_flags(bio);
	if (session->abuse != NULL)
		return 0;
	if (count == 0) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(bytes, session->in, count);
	session->in += count;
	session->in_length -= count;
	*length = count;
	return 1;
}

static long
bio_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *
raft__tls_bio_method(void)
{
	BIO_METHOD *method = BIO_meth_new(
	    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "raft_tls");

	if (method == NULL)
		return NULL;
	BIO_meth_set_write_ex(method, bio_write);
	BIO_meth_set_read_ex(method, bio_read);
	BIO_meth_set_ctrl(method, bio_control);
	return method;
}

/* ---------------------------------------------------------------- identity */

static enum raft_link_counter
judge(struct raft_tls_session *session, X509 *leaf, STACK_OF(X509) * chain)
{
	const struct raft_tls *tls = session->tls;
	struct raft_link *link = session->link;
	/* The newest files count, also for a handshake older than they. */
	struct raft_tls_demand demand = {
		.store = SSL_CTX_get_cert_store(tls->context),
		.cluster = tls->cluster,
		.id = link->queue == NULL ? 0 : link->peer.id,
		.now = raft__tls_now(tls),
	};

	return raft__tls_judge(&demand, leaf, chain, &session->verdict,
			       link->reason);
}

int
raft__tls_verify(X509_STORE_CTX *verification, void *tls)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    verification, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct raft_tls_session *session = SSL_get_app_data(ssl);

	(void)tls;
	session->refusal =
	    judge(session, X509_STORE_CTX_get0_cert(verification),
		  X509_STORE_CTX_get0_untrusted(verification));
	X509_STORE_CTX_set_error(verification, session->verdict.error);
	if (session->verdict.ends < session->tls->wakes_at)
		session->tls->wakes_at = session->verdict.ends;
	return session->refusal == RAFT_LINK_OK;
}

/* Those that are not open yet are left to begin anew, but for those of a renewal,
 * which is followed by another. */
static void
judge_again(struct raft_tls_session *session, enum raft_tls_change change)
{
	struct raft_link *link = session->link;
	X509 *leaf = SSL_get0_peer_certificate(session->ssl);
	enum raft_link_counter why = RAFT_LINK_OK;

	if (change != RAFT_TLS_TIME_PASSED && !link->open && !link->held)
		why = RAFT_LINK_LEFT;
	else if (leaf != NULL)
		why =
		    judge(session, leaf, SSL_get_peer_cert_chain(session->ssl));
	if (why != RAFT_LINK_OK)
		link->rules->end(link, why);
	else if (change == RAFT_TLS_CERTIFICATE_RENEWED)
		link->rules->renew(link);
}

static struct raft_tls_session *
find_older(const struct raft_tls *tls)
{
	struct raft_tls_session *session;

	LIST_FOREACH(session, &tls->sessions, siblings)
	{
		if (session->generation != tls->generation)
			break;
	}
	return session;
}

/* To end or renew one may end others: so the list is begun anew each time. */
void
raft__tls_judge_again(struct raft_tls *tls, enum raft_tls_change change)
{
	struct raft_tls_session *session;

	tls->generation++;
	while ((session = find_older(tls)) != NULL) {
		session->generation = tls->generation;
		judge_again(session, change);
	}
	ERR_clear_error();
}

static void
watch(const struct raft_stream *stream)
{
	raft__tls_pass_time((struct raft_tls *)(uintptr_t)stream);
}

/* ---------------------------------------------------------------- lifetime */

static SSL *
create_ssl(struct raft_tls_session *session, bool is_dialer)
{
	SSL *ssl = SSL_new(session->tls->context);
	BIO *bio = BIO_new(session->tls->method);

	if (ssl == NULL || bio == NULL ||
	    SSL_set_app_data(ssl, session) != 1) {
		SSL_free(ssl);
		BIO_free(bio);
		return NULL;
	}
	BIO_set_data(bio, session);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	if (is_dialer)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	return ssl;
}

static bool
begin(const struct raft_stream *stream, struct raft_link *link)
{
	struct raft_tls *tls = (struct raft_tls *)(uintptr_t)stream;
	struct raft_tls_session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return false;
	session->tls = tls;
	session->link = link;
	session->generation = tls->generation;
	session->ssl = create_ssl(session, link->queue != NULL);
	ERR_clear_error();
	if (session->ssl == NULL) {
		free(session);
		return false;
	}
	link->stream = session;
	LIST_INSERT_HEAD(&tls->sessions, session, siblings);
	return true;
}

static void
drop(struct raft_buffer **buffer)
{
	if (*buffer != NULL)
		raft__buffer_release(*buffer);
	*buffer = NULL;
}

static void
end(struct raft_link *link)
{
	struct raft_tls_session *session = link->stream;

	enter(session);
	LIST_REMOVE(session, siblings);
	SSL_free(session->ssl);
	drop(&session->out);
	drop(&session->sent);
	free(session);
	link->stream = NULL;
}

/* --------------------------------------------------------------- receiving */

void
raft__tls_watch(int is_written, int version, int type, const void *bytes,
		size_t length, SSL *ssl, void *context)
{
	struct raft_tls_session *session = SSL_get_app_data(ssl);

	(void)version;
	(void)bytes;
	(void)length;
	(void)context;
	if (is_written || type != SSL3_RT_HANDSHAKE || !session->up)
		return;
	if (++session->afterthoughts > AFTERTHOUGHTS + session->reads)
		session->abuse = "it renews its keys again and again";
}

static enum raft_link_counter
shake_hands(struct raft_tls_session *session)
{
	struct raft_link *link = session->link;
	enum raft_link_counter why;
	int result;

	snprintf(link->reason, sizeof(link->reason),
		 "before the TLS handshake was done: do both ends speak it?");
	enter(session);
	result = SSL_do_handshake(session->ssl);
	why = raft__tls_explain(session, result);
	leave(session);
	if (result != 1)
		return why;
	session->up = true;
	link->proven_id = session->verdict.name.id;
	link->reason[0] = '\0';
	return RAFT_LINK_OK;
}

static enum raft_link_counter
read_records(struct raft_tls_session *session, uint64_t now)
{
	struct raft_link *link = session->link;
	enum raft_link_counter why;
	struct raft_span room;
	int length;

	for (;;) {
		room = raft__link_room(link);
		if (room.length == 0)
			return RAFT_LINK_NO_MEMORY;
		enter(session);
		length = SSL_read(session->ssl, room.base, (int)room.length);
		why = length > 0 ? RAFT_LINK_OK : raft__tls_explain(session, length);
		leave(session);
		if (length <= 0)
			return why;
		session->reads++;
		/* It may end the link, and the session with it. */
		why = raft__link_received(link, (size_t)length, now);
		if (why != RAFT_LINK_OK)
			return why;
		/* Nothing is left: to be told so by SSL_read takes longer. */
		if (session->in_length == 0 && !SSL_has_pending(session->ssl))
			return RAFT_LINK_OK;
	}
}

static struct raft_span
give_room(struct raft_link *link)
{
	struct raft_tls_session *session = link->stream;

	return (struct raft_span){ session->tls->input, RAFT_TLS_INPUT_BYTES };
}

static enum raft_link_counter
receive(struct raft_link *link, size_t length, uint64_t now)
{
	struct raft_tls_session *session = link->stream;
	enum raft_link_counter why;

	session->in = session->tls->input;
	session->in_length = length;
	if (!session->up) {
		why = shake_hands(session);
		if (why != RAFT_LINK_OK || !session->up)
			return why;
	}
	return read_records(session, now);
}

/* ----------------------------------------------------------------- sending */

static bool
write_records(struct raft_tls_session *session, const struct raft_span *plain)
{
	int length;

	session->records += (plain->length + RECORD_BYTES - 1) / RECORD_BYTES;
	enter(session);
	if (session->records > session->tls->key_records) {
		SSL_key_update(session->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
		session->records = 0;
	}
	length = SSL_write(session->ssl, plain->base, (int)plain->length);
	session->failed = length <= 0;
	leave(session);
	return length > 0;
}

/* All that the link has to say, as records. */
static bool
encrypt(struct raft_tls_session *session)
{
	struct raft_link *link = session->link;
	struct raft_span plain[PLAIN_SPANS];
	size_t count = raft__link_output(link, plain, PLAIN_SPANS);
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += plain[i].length +
			 (plain[i].length / RECORD_BYTES + 2) * RECORD_EXTRA;
	if (count > 0 && !reserve(session, bytes))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!write_records(session, &plain[i]))
			return false;
	}
	/* The records are a copy. */
	raft__link_written(link);
	return true;
}

static size_t
hand_over(struct raft_tls_session *session, struct raft_span *spans)
{
	struct raft_buffer *out = session->out;

	if (out == NULL)
		return 0;
	assert(session->sent == NULL);
	session->sent = out;
	session->out = NULL;
	spans[0] = (struct raft_span){ out->bytes, out->end };
	return 1;
}

static size_t
put_out(struct raft_link *link, struct raft_span *spans, size_t room)
{
	struct raft_tls_session *session = link->stream;
	enum raft_link_counter why = RAFT_LINK_OK;

	(void)room;
	if (SSL_in_before(session->ssl) && link->queue != NULL)
		why = shake_hands(session);
	else if (session->up && !encrypt(session))
		why = session->starved ? RAFT_LINK_NO_MEMORY
				       : RAFT_LINK_TLS_FAILED;
	if (why != RAFT_LINK_OK) {
		link->rules->end(link, why);
		return 0;
	}
	return hand_over(session, spans);
}

static void
written(struct raft_link *link)
{
	struct raft_tls_session *session = link->stream;

	drop(&session->sent);
}

/* A refusal by hello, or by the alert that OpenSSL left; and that this is the
 * end, so that it is no truncation. */
static size_t
last_words(struct raft_link *link, struct raft_span *spans, size_t room)
{
	struct raft_tls_session *session = link->stream;

	(void)room;
	drop(&session->sent); /* Of a write that failed. */
	if (session->up && !session->failed) {
		if (link->hello_owed && !encrypt(session))
			return 0;
		enter(session);
		SSL_shutdown(session->ssl);
		leave(session);
	}
	return hand_over(session, spans);
}

void
raft__tls_fill_stream(struct raft_stream *stream)
{
	*stream = (struct raft_stream){
		.seals = true,
		.begin = begin,
		.room = give_room,
		.received = receive,
		.output = put_out,
		.written = written,
		.last_words = last_words,
		.end = end,
		.watch = watch,
	};
}
