/*
 * Servers that speak TLS: asked anywhere, joined, and with new certificates.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/certs/certs.h"

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
three_secure(struct scene *scene, struct papers *papers)
{
	scene_open(scene);
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

static void
one_with_a_certificate_is_let_in_and_no_other(void **state)
{
	static struct papers papers;
	struct raft_server_create create = { 0 };
	struct scene scene;
	char join[64];

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_with_certificates_are_one_cluster),
		cmocka_unit_test(one_with_a_certificate_is_let_in_and_no_other),
		cmocka_unit_test(a_new_certificate_is_read_while_it_runs),
		cmocka_unit_test(
		    files_that_cannot_be_used_are_told_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
