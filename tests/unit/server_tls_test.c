/*
 * Servers that speak TLS: asked anywhere, joined, with new certificates, and after they
 * ran without.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/certs/certs.h"
#include "assists/metrics/metrics.h"
#include "assists/server/measures.h"
#include "assists/rescue/rescue.h"

/** A CA, and where files are. */
struct papers {
	struct raft_certs_pair authority;
	char authorities[PATH_MAX];
	char certificate[ACTORS_MAX + 1][PATH_MAX];
	char key[ACTORS_MAX + 1][PATH_MAX];
};

static struct raft_certs_wish
wish_for(const char *uri)
{
	return (struct raft_certs_wish){
		.name = "a server",
		.uri = uri,
		.usage = uri != NULL ? RAFT_CERTS_USAGE : NULL,
		.begins = time(NULL) - 86400,
		.ends = time(NULL) + 86400 * 60,
	};
}

/* A certificate for server `id` of this cluster, in place of the one before. */
static void
issue(struct papers *papers, uint64_t id, const char *cluster)
{
	struct raft_certs_pair pair;
	struct raft_certs_wish wish;
	char uri[128];

	raft_certs_uri(uri, sizeof(uri), cluster, id);
	wish = wish_for(uri);
	assert_true(raft_certs_make_node(&wish, &papers->authority, &pair));
	assert_true(raft_certs_write_pair(papers->certificate[id],
					  papers->key[id], &pair));
	raft_certs_clear(&pair);
}

static void
make_papers(struct scene *scene, struct papers *papers)
{
	struct raft_certs_wish wish = wish_for(NULL);

	wish.ends += 86400 * 30;
	assert_true(raft_certs_make_authority(&wish, &papers->authority));
	snprintf(papers->authorities, PATH_MAX, "%s/ca.pem", scene->root);
	assert_true(raft_certs_write(papers->authorities,
				     &papers->authority.certificate, 1));
	for (uint64_t id = 1; id <= ACTORS_MAX; id++) {
		snprintf(papers->certificate[id], PATH_MAX,
			 "%s/%" PRIu64 ".pem", scene->root, id);
		snprintf(papers->key[id], PATH_MAX, "%s/%" PRIu64 ".key",
			 scene->root, id);
		issue(papers, id, "scene");
	}
}

static void
make_secure(struct scene *scene, const struct papers *papers, uint64_t id,
	    struct raft_server_create create)
{
	create.tls = (struct raft_tls_files){
		.certificate = papers->certificate[id],
		.key = papers->key[id],
		.authorities = papers->authorities,
	};
	make_server(scene, id, create);
}

static void
make_three_secure(struct scene *scene, struct papers *papers)
{
	make_papers(scene, papers);
	snprintf(scene->first, sizeof(scene->first), "1=%s,2=%s,3=%s",
		 scene->actors[1].address, scene->actors[2].address,
		 scene->actors[3].address);
	for (uint64_t id = 1; id <= 3; id++) {
		make_secure(
		    scene, papers, id,
		    (struct raft_server_create){ .first = scene->first });
		start(scene, id);
	}
}

static void
three_secure(struct scene *scene, struct papers *papers)
{
	scene_open(scene);
	make_three_secure(scene, papers);
}

static void
end(struct scene *scene, struct papers *papers)
{
	scene_close(scene);
	raft_certs_clear(&papers->authority);
}

static void
servers_with_certificates_are_one_cluster(void **state)
{
	static struct papers papers;
	struct scene scene;

	(void)state;
	three_secure(&scene, &papers);
	for (uint64_t i = 0; i < 6; i++)
		assert_int_equal(add(&scene, 1 + i % 3, "1").result,
				 RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, agree(&scene, 6), PATIENCE_MS));
	end(&scene, &papers);
}

static bool
agrees(void *context, const char *text, const char *cluster)
{
	(void)context;
	(void)text;
	(void)cluster;
	return true;
}

/* The name of the cluster has a life behind it from then on, and they have not. */
static void
certificates_remain_good_when_a_cluster_is_recovered(void **state)
{
	static struct papers papers;
	const struct raft_rescue_recovery recovery = { .confirm = agrees };
	char error[RAFT_SERVER_ERROR_BYTES] = "", join[64], cluster[96];
	struct scene scene;

	(void)state;
	three_secure(&scene, &papers);
	add(&scene, 1, "1");
	for (uint64_t id = 1; id <= 3; id++)
		cut_off(&scene, id);
	if (!raft_rescue_recover(scene.actors[1].folder, &recovery, NULL, error,
				 sizeof(error)))
		fail_msg("%s", error);
	start(&scene, 1);
	strlcpy(cluster, status_of(&scene, 1).cluster, sizeof(cluster));
	assert_memory_equal(cluster, "scene~", 6);
	snprintf(join, sizeof(join), "1=%s", scene.actors[1].address);
	make_secure(
	    &scene, &papers, 4,
	    (struct raft_server_create){ .cluster = cluster, .join = join });
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, 1, 4) == RAFT_MEMBER_VOTER,
			      PATIENCE_MS));
	/* The papers of the former member are as good, and it is a stranger. */
	start(&scene, 2);
	assert_true(
	    run_until(&scene.loop,
		      strstr(scene.actors[2].said[RAFT_SERVER_EVENT_CONNECTION],
			     "of another cluster") != NULL,
		      PATIENCE_MS));
	assert_int_equal(role_of(&scene, 1, 2), RAFT_MEMBER_NONE);
	end(&scene, &papers);
}

static void
one_with_a_certificate_is_let_in_and_no_other(void **state)
{
	static struct papers papers;
	struct raft_server_create create = { 0 };
	struct scene scene;
	char join[80];

	(void)state;
	three_secure(&scene, &papers);
	await_leader(&scene);
	snprintf(join, sizeof(join), "1=%s", scene.actors[1].address);
	create.join = join;
	/* The second has no papers. */
	make_secure(&scene, &papers, 4, create);
	make_server(&scene, 5, create);
	start(&scene, 4);
	start(&scene, 5);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, 1, 4) == RAFT_MEMBER_VOTER,
			      PATIENCE_MS));
	for (int i = 0; i < 30; i++)
		run_until(&scene.loop, false, 10);
	assert_int_equal(role_of(&scene, 1, 5), RAFT_MEMBER_NONE);
	end(&scene, &papers);
}

/* Of a server's metrics; 0: there is no such line. */
static time_t
expiry_of(struct raft_server *server, const char *paper)
{
	char *text = raft_metrics_text(server), name[100];
	const char *line;
	time_t ends = 0;

	snprintf(name, sizeof(name),
		 "\noutrigger_certificate_expiry_timestamp_seconds{paper="
		 "\"%s\"} ",
		 paper);
	assert_non_null(text);
	line = strstr(text, name);
	if (line != NULL)
		ends = (time_t)strtoll(line + strlen(name), NULL, 10);
	free(text);
	return ends;
}

/* A list of nobody, which server `id` reads while it runs. */
static void
give_revocations(struct scene *scene, const struct papers *papers, uint64_t id,
		 time_t ends)
{
	char command[3 * PATH_MAX], error[RAFT_SERVER_ERROR_BYTES];
	char path[PATH_MAX];
	X509_CRL *crl = raft_certs_make_crl(&papers->authority, NULL, NULL,
					    time(NULL) - 3600, ends);

	assert_non_null(crl);
	snprintf(path, sizeof(path), "%s/crl.pem", scene->root);
	assert_true(raft_certs_write_crls(path, &crl, 1));
	X509_CRL_free(crl);
	snprintf(command, sizeof(command),
		 "echo tls-revocations %s >>%s/server.conf", path,
		 scene->actors[id].folder);
	assert_int_equal(system(command), 0);
	if (!raft_server_reload(scene->actors[id].server, error,
				sizeof(error)))
		fail_msg("%s", error);
}

static void
when_the_certificates_end_is_measured(void **state)
{
	static struct papers papers;
	struct raft_server_measures measures;
	struct raft_server *server;
	time_t now = time(NULL);
	struct scene scene;

	(void)state;
	three_secure(&scene, &papers);
	server = scene.actors[2].server;
	raft_server_measures(server, &measures);
	assert_in_range(measures.papers.certificate_ends, now + 86400 * 60,
			now + 86400 * 60 + 300);
	assert_in_range(measures.papers.authorities_end, now + 86400 * 90,
			now + 86400 * 90 + 300);
	assert_int_equal(expiry_of(server, "certificate"),
			 measures.papers.certificate_ends);
	assert_int_equal(expiry_of(server, "authorities"),
			 measures.papers.authorities_end);
	/* There is no list of those; then there is. */
	assert_int_equal(expiry_of(server, "revocations"), 0);
	give_revocations(&scene, &papers, 2, now + 86400 * 20);
	assert_int_equal(expiry_of(server, "revocations"), now + 86400 * 20);
	assert_true(expiry_of(server, "certificate") > now + 86400 * 59);
	end(&scene, &papers);
}

static void
a_new_certificate_is_read_while_it_runs(void **state)
{
	static struct papers papers;
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene scene;

	(void)state;
	three_secure(&scene, &papers);
	add(&scene, 1, "1");
	issue(&papers, 2, "scene");
	assert_true(
	    raft_server_reload(scene.actors[2].server, error, sizeof(error)));
	assert_string_equal(scene.actors[2].said[RAFT_SERVER_EVENT_TLS],
			    "certificates: read again");
	assert_int_equal(add(&scene, 2, "1").result, RAFT_SERVER_OK);
	/* One that is no use changes nothing. */
	issue(&papers, 2, "other");
	assert_false(
	    raft_server_reload(scene.actors[2].server, error, sizeof(error)));
	assert_int_equal(add(&scene, 2, "1").result, RAFT_SERVER_OK);
	end(&scene, &papers);
}

static void
files_that_cannot_be_used_are_told_at_the_start(void **state)
{
	static struct papers papers;
	char error[RAFT_SERVER_ERROR_BYTES];
	struct machine machine = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_papers(&scene, &papers);
	make_secure(&scene, &papers, 1, (struct raft_server_create){ 0 });
	unlink(papers.key[1]);
	assert_null(raft_server_open(scene.actors[1].folder, NULL,
				     &scene_machine, &machine, error,
				     sizeof(error)));
	assert_non_null(strstr(error, papers.key[1]));
	end(&scene, &papers);
}

/* ------------------------------------------------------- from plain ones to TLS */

/* What an editor does: a line of server.conf is another, or with NULL is gone. In
 * this process: to start another takes longer than an election timeout at times. */
static void
write_line(struct scene *scene, uint64_t id, const char *key, const char *value)
{
	char path[PATH_MAX], text[65536] = "", line[PATH_MAX + 64];
	FILE *file;

	snprintf(path, sizeof(path), "%.4000s/server.conf",
		 scene->actors[id].folder);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, key, strlen(key)) != 0 ||
		    line[strlen(key)] != ' ')
			strlcat(text, line, sizeof(text));
	fclose(file);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	if (value != NULL)
		fprintf(file, "%s %s\n", key, value);
	fclose(file);
}

static void
give_papers(struct scene *scene, const struct papers *papers, uint64_t id)
{
	write_line(scene, id, "tls-certificate", papers->certificate[id]);
	write_line(scene, id, "tls-key", papers->key[id]);
	write_line(scene, id, "tls-authorities", papers->authorities);
}

static void
reload(struct scene *scene, uint64_t id)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	if (!raft_server_reload(scene->actors[id].server, error, sizeof(error)))
		fail_msg("%s", error);
}

static void
expect_refusal(struct scene *scene, uint64_t id, const char *why)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	assert_false(
	    raft_server_reload(scene->actors[id].server, error, sizeof(error)));
	if (strstr(error, why) == NULL)
		fail_msg("%s", error);
}

/* How many of the connections between the servers are plain, or are none. */
static size_t
plain_connections(const struct scene *scene)
{
	struct raft_server_member member;
	size_t count = 0;

	for (uint64_t id = 1; id <= 3; id++)
		for (size_t i = 0;
		     raft_server_member(scene->actors[id].server, i, &member);
		     i++)
			if (member.raft.identity.id != id)
				count += (size_t)(!member.connection.open_in +
						  !member.connection.open_out +
						  member.connection.plain_in +
						  member.connection.plain_out);
	return count;
}

/* Proposes again whenever one has ended, until it is told to stop. */
struct load {
	struct scene *scene;
	uint64_t id;
	bool stops;
	bool runs;
	size_t done;
};

static void
load_on(void *context, const struct raft_server_answer *answer)
{
	struct load *load = context;

	assert_true(answer == NULL || answer->result == RAFT_SERVER_OK);
	load->done += answer != NULL;
	load->runs = !load->stops;
	if (load->runs)
		raft_server_propose(
		    load->scene->actors[load->id].server,
		    &(struct raft_server_command){ .data = "1", .length = 1 },
		    load_on, load);
}

static bool
says_it_can_be_required(const struct scene *scene, uint64_t id)
{
	return strstr(scene->actors[id].said[RAFT_SERVER_EVENT_TLS],
		      "it can be required") != NULL;
}

/* Server by server, with something done in between. */
static void
all_become(struct scene *scene, struct load *loads, const char *mode)
{
	for (uint64_t id = 1; id <= 3; id++) {
		size_t before = loads[id].done;

		write_line(scene, id, "tls-mode", mode);
		reload(scene, id);
		assert_true(run_until(&scene->loop, loads[id].done > before + 5,
				      PATIENCE_MS));
	}
}

static void
a_plain_cluster_becomes_one_with_tls_while_it_works(void **state)
{
	static struct papers papers;
	struct load loads[4] = { 0 };
	struct scene scene;
	uint64_t led, term;
	size_t done = 0;

	(void)state;
	three(&scene);
	make_papers(&scene, &papers);
	led = await_leader(&scene);
	term = status_of(&scene, led).raft.term;
	for (uint64_t id = 1; id <= 3; id++) {
		loads[id] = (struct load){ .scene = &scene, .id = id };
		load_on(&loads[id], NULL);
		give_papers(&scene, &papers, id);
	}
	all_become(&scene, loads, "accepts");
	assert_int_equal(plain_connections(&scene), 12);
	all_become(&scene, loads, "prefers");
	assert_true(run_until(&scene.loop, plain_connections(&scene) == 0,
			      PATIENCE_MS));
	for (uint64_t id = 1; id <= 3; id++)
		assert_true(run_until(&scene.loop,
				      says_it_can_be_required(&scene, id),
				      PATIENCE_MS));
	all_become(&scene, loads, "required");
	assert_int_equal(plain_connections(&scene), 0);
	for (uint64_t id = 1; id <= 3; id++) {
		loads[id].stops = true;
		assert_true(
		    run_until(&scene.loop, !loads[id].runs, PATIENCE_MS));
		done += loads[id].done;
		assert_int_equal(status_of(&scene, id).raft.term, term);
	}
	assert_true(run_until(&scene.loop, agree(&scene, done), PATIENCE_MS));
	assert_int_equal(leader(&scene), led);
	/* And so it begins the next time. */
	cut_off(&scene, led);
	start(&scene, led);
	assert_true(run_until(&scene.loop, plain_connections(&scene) == 0,
			      PATIENCE_MS));
	end(&scene, &papers);
}

/* One that is made while the others are on their way. */
static void
a_server_joins_in_the_mode_that_it_is_made_with(void **state)
{
	static struct papers papers;
	struct raft_server_create create = { .tls_mode = RAFT_TCP_PREFERS };
	char error[RAFT_SERVER_ERROR_BYTES], join[64];
	struct scene scene;

	(void)state;
	three(&scene);
	make_papers(&scene, &papers);
	for (uint64_t id = 1; id <= 3; id++) {
		give_papers(&scene, &papers, id);
		write_line(&scene, id, "tls-mode", "accepts");
		reload(&scene, id);
	}
	await_leader(&scene);
	snprintf(join, sizeof(join), "1=%s", scene.actors[1].address);
	create.join = join;
	make_secure(&scene, &papers, 4, create);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, 1, 4) == RAFT_MEMBER_VOTER,
			      PATIENCE_MS));
	create = (struct raft_server_create){
		.id = 5,
		.cluster = "scene",
		.address = scene.actors[5].address,
		.tls_mode = RAFT_TCP_ACCEPTS,
	};
	assert_false(raft_server_create(scene.actors[5].folder, &create, error,
					sizeof(error)));
	assert_string_equal(error, "a mode of TLS needs a certificate");
	end(&scene, &papers);
}

static void
what_cannot_be_used_changes_nothing(void **state)
{
	static struct papers papers;
	struct scene scene;

	(void)state;
	three(&scene);
	make_papers(&scene, &papers);
	await_leader(&scene);
	write_line(&scene, 1, "tls-mode", "required");
	expect_refusal(&scene, 1, "'tls-mode' and no tls-certificate");
	give_papers(&scene, &papers, 1);
	write_line(&scene, 1, "tls-mode", "perhaps");
	expect_refusal(&scene, 1, "tls-mode is required, accepts or prefers");
	write_line(&scene, 1, "tls-mode", "accepts");
	write_line(&scene, 1, "tls-key", papers.key[2]);
	expect_refusal(&scene, 1, papers.key[2]);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	assert_true(run_until(&scene.loop, plain_connections(&scene) == 12,
			      PATIENCE_MS));
	write_line(&scene, 1, "tls-key", papers.key[1]);
	reload(&scene, 1);
	assert_string_equal(scene.actors[1].said[RAFT_SERVER_EVENT_TLS],
			    "certificates: read again");
	/* TLS once begun does not go away by an editor's slip. */
	write_line(&scene, 1, "tls-mode", NULL);
	write_line(&scene, 1, "tls-certificate", NULL);
	expect_refusal(&scene, 1, "'tls-key' and no tls-certificate");
	write_line(&scene, 1, "tls-key", NULL);
	write_line(&scene, 1, "tls-authorities", NULL);
	expect_refusal(&scene, 1, "tls-certificate is gone");
	write_line(&scene, 1, "id", "2");
	expect_refusal(&scene, 1, "not as they were written");
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	end(&scene, &papers);
}

static void
certificates_are_as_good_over_unix_sockets(void **state)
{
	static struct papers papers;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene_use_unix(&scene);
	make_three_secure(&scene, &papers);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(add(&scene, 1 + i, "1").result,
				 RAFT_SERVER_OK);
	/* Who has none is not let in. */
	make_joining(&scene, 4, 1, false);
	start(&scene, 4);
	assert_true(
	    run_until(&scene.loop,
		      strstr(scene.actors[1].said[RAFT_SERVER_EVENT_CONNECTION],
			     "no TLS") != NULL,
		      PATIENCE_MS));
	assert_int_equal(role_of(&scene, leader(&scene), 4), RAFT_MEMBER_NONE);
	end(&scene, &papers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_are_as_good_over_unix_sockets),
		cmocka_unit_test(servers_with_certificates_are_one_cluster),
		cmocka_unit_test(
		    certificates_remain_good_when_a_cluster_is_recovered),
		cmocka_unit_test(one_with_a_certificate_is_let_in_and_no_other),
		cmocka_unit_test(when_the_certificates_end_is_measured),
		cmocka_unit_test(a_new_certificate_is_read_while_it_runs),
		cmocka_unit_test(
		    files_that_cannot_be_used_are_told_at_the_start),
		cmocka_unit_test(
		    a_plain_cluster_becomes_one_with_tls_while_it_works),
		cmocka_unit_test(
		    a_server_joins_in_the_mode_that_it_is_made_with),
		cmocka_unit_test(what_cannot_be_used_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
