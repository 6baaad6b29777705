"""Bugs, each by its name.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0
"""

SEEDS = {
    # Thesis figure 3.7: S1 in tests/HAZARDS.md.
    "entries_of_old_terms_are_committed_by_counting": {
        "file": "replicate.c",
        "change": "s/index <= r->commit_index || index < r->term_first_index/" +
                  "index <= r->commit_index/;" +
                  "s/raft_assert(raft__log_term_at(&r->log, index) == r->term);//",
        "lines": 2,
        "scenario": True,
        "finds": "leads without an entry that was committed",
        "args": ["--bounds", "elections", "--expire", "4", "--campaigners", "6"],
    },
    "a_vote_is_forgotten_in_a_restart": {
        "file": "start.c",
        "change": "s/r->vote = r->durable_vote = stored->vote;/" +
                  "r->vote = r->durable_vote = (struct raft_identity){ 0 };/",
        "lines": 1,
        "scenario": True,
        "finds": "gives two votes in one term",
        "args": ["--bounds", "writes"],
    },
    "a_shorter_log_gets_a_vote": {
        "file": "election.c",
        "change": "s/tip.term == other.term && tip.index >= other.index/" +
                  "tip.term == other.term/",
        "lines": 1,
        "scenario": True,
        "finds": "leads without an entry that was committed",
        "args": ["--bounds", "elections", "--expire", "2", "--propose", "1"],
    },
    "what_a_leader_has_not_on_its_disk_counts": {
        "file": "replicate.c",
        "change": "s/? r->durable_index :/? r->log.last.index :/",
        "lines": 1,
        "finds": "commits what no majority has on its disks",
        "args": ["--bounds", "writes"],
    },
    "an_append_is_acknowledged_before_it_is_durable": {
        "file": "outbox.c",
        "change": "s/.match_index = raft__least(r->verified_index, r->durable_index),/" +
                  ".match_index = r->verified_index,/",
        "lines": 1,
        "finds": "acknowledges an entry that is not durable",
        "args": ["--bounds", "writes"],
    },
    # The core's own assertions see it first.
    "a_voter_forgets_whom_it_voted_for": {
        "file": "election.c",
        "change": "s/is_another(r->vote, request->candidate) ||/" +
                  "(r->role != RAFT_FOLLOWER \\&\\& is_another(r->vote, request->candidate)) ||/;" +
                  "s/if (r->vote.id == 0) {/if (!raft__same(r->vote, message->from)) {/",
        "lines": 2,
        "finds": "asserts: raft__same(r->durable_vote, r->vote)",
        "args": ["--bounds", "elections"],
    },
    "a_candidate_asks_before_its_term_is_durable": {
        "file": "outbox.c",
        "change": "s/else if (r->role == RAFT_CANDIDATE && vote_is_durable(r))/" +
                  "else if (r->role == RAFT_CANDIDATE)/;" +
                  "s/if (r->durable_term != r->term || r->stopped)/if (r->stopped)/",
        "lines": 2,
        "finds": "speaks of a term that is not durable",
        "args": ["--bounds", "writes"],
    },
    "a_voter_tells_of_its_vote_before_it_is_durable": {
        "file": "outbox.c",
        "change": "s/if (o->owes_vote && vote_is_durable(r))/if (o->owes_vote)/",
        "lines": 1,
        "finds": "tells of a vote that is not durable",
        "args": ["--bounds", "writes"],
    },
    "half_of_the_voters_are_a_majority": {
        "file": "quorum.c",
        "change": "s|reach > voters / 2;|reach > (voters - 1) / 2;|",
        "lines": 1,
        "finds": "commits what no majority has on its disks",
        "args": ["--bounds", "elections", "--voters", "4", "--expire", "1"],
    },
    # S8: of two changes, each of one server, the second before the leader's own term
    # has committed.
    "a_leader_changes_members_before_it_has_committed": {
        "file": "reconfigure.c",
        "change": "s/^\tif (r->commit_index < r->term_first_index)$/\tif (false)/",
        "lines": 1,
        "finds": "leads without an entry that was committed",
        "args": ["--bounds", "two-changes"],
    },
    # What may still commit is said to be lost, and commits later.
    "an_unknown_outcome_is_said_to_be_a_loss": {
        "file": "replicate.c",
        "change": "s/tell_outcome(r, RAFT_OUTCOME_UNKNOWN, r->outcome_index + 1, handed);/" +
                  "tell_outcome(r, RAFT_OUTCOME_LOST, r->outcome_index + 1, handed);/",
        "lines": 1,
        "finds": "commits what was said to be lost",
        "args": ["--bounds", "led-writes"],
    },
    "a_snapshot_is_acknowledged_before_it_is_durable": {
        "file": "snapshot_receive.c",
        "change": "s/.match_index = raft__least(r->verified_index, r->durable_index),/" +
                  ".match_index = r->verified_index,/",
        "lines": 1,
        "finds": "acknowledges a snapshot that is not durable",
        "args": ["--bounds", "snapshots", "--late", "1"],
    },
    # A log that is as long may hold other entries.
    "a_snapshot_is_had_by_whoever_has_as_many_entries": {
        "file": "snapshot_receive.c",
        "change": "s/^\t       raft__log_has(&r->log, snapshot);$/" +
                  "\t       snapshot.index <= r->log.last.index;/",
        "lines": 1,
        "finds": "acknowledges what its leader does not have",
        "args": ["--bounds", "snapshots", "--propose", "1", "--campaigners", "4"],
    },
    "a_joint_quorum_is_that_of_one_half": {
        "file": "quorum.c",
        "change": "s/!m->configuration.joint ||/true ||/",
        "lines": 1,
        "finds": "commits what no majority has on its disks",
        "args": ["--bounds", "joint"],
    },
    # S4: an answer to the first of two appends is taken for one to both.
    "a_match_is_raised_by_an_older_answer": {
        "file": "replicate.c",
        "change": "s/raise_match(r, peer, match_index);/" +
                  "raise_match(r, peer, peer->next_index - 1);/",
        "lines": 1,
        "finds": "has not what its leader counts on",
        "args": ["--bounds", "elections", "--expire", "1", "--propose", "2"],
    },
    # S6: what is in the log already is taken for a conflict. Before it is committed the
    # leader counts on it.
    "an_old_append_drops_what_is_committed": {
        "file": "accept.c",
        "change": "s/^\tsize_t known = 0;$/\tsize_t known = 0; return 0;/;" +
                  "s/if (first_new <= r->verified_index && first_new <= append->last.index) {/" +
                  "if (r->verified_index >= first_new \\&\\& " +
                  "(r->verified_index = first_new - 1) == UINT64_MAX) {/",
        "lines": 2,
        "finds": "has not what its leader counts on",
        "args": [
            "--bounds",
            "elections",
            "--expire",
            "1",
            "--propose",
            "2",
            "--twice",
            "1",
            "--room",
            "2",
        ],
    },
    "a_read_needs_no_round": {
        "file": "read.c",
        "change": "s/values\\[i\\] = i == m->self ||/values[i] = true ||/",
        "lines": 1,
        "finds": "reads what is older than what was committed when it was asked",
        "args": ["--bounds", "reads"],
    },
    "a_round_of_reads_is_answered_by_what_was_sent_before_it": {
        "file": "read.c",
        "change": "s/return peer->sequence_answered > peer->read_mark;/" +
                  "return peer->sequence_answered >= peer->read_mark;/",
        "lines": 1,
        "finds": "reads what is older than what was committed when it was asked",
        "args": ["--bounds", "reads", "--tick", "1"],
    },
    "a_leader_reads_before_it_has_committed_in_its_term": {
        "file": "read.c",
        "change": "s/if (r->commit_index < r->term_first_index ||/if (false ||/",
        "lines": 1,
        "scenario": True,
        "finds": "reads what is older than what was committed when it was asked",
        "args": ["--bounds", "reads", "--propose", "1", "--campaigners", "6"],
    },
    # (G1) to (G5) of what is offered: see raft__take_offer.
    "a_log_with_an_older_tip_is_taken": {
        "file": "accept.c",
        "change": "s/if (raft__is_up_to_date(r->log.last, message->offer.tip))/if (false)/",
        "lines": 1,
        "build": "offers",
        "finds": "drops an entry that is committed",
        "args": ["--bounds", "led-offers"],
    },
    # What a leader between two others wrote is offered to one that has heard of what
    # the later one committed, and that does not hear it any more.
    "what_is_known_to_be_committed_is_dropped": {
        "file": "accept.c",
        "change": "s/raft__least(r->commit_index, append->last.index);/0;/",
        "lines": 1,
        "build": "offers",
        "finds": "asserts: index > r->commit_index",
        "args": ["--bounds", "later-offers"],
    },
    # Of a snapshot from one that does not lead.
    "who_is_given_a_snapshot_stays_in_its_term": {
        "file": "snapshot_receive.c",
        "change": "s/^\tif (is_given)$/\tif (false)/",
        "lines": 1,
        "build": "offers",
        "finds": "asserts: log->last.term <= r->term",
        "args": ["--bounds", "given-snapshots"],
    },
    "a_leader_takes_what_is_offered": {
        "file": "accept.c",
        "change": "s/if (r->role == RAFT_LEADER || r->leader.id != 0 ||/if (false ||/;" +
                  "s/raft__adopt_term(r, term + 1, RAFT_REASON_OFFERED);/" +
                  "if (r->role != RAFT_LEADER) raft__adopt_term(r, term + 1, RAFT_REASON_OFFERED);/",
        "lines": 2,
        "build": "offers",
        "finds": "asserts: log->last.term <= r->term",
        "args": ["--bounds", "led-offers", "--crash", "0", "--propose", "0"],
    },
    "an_entry_of_a_later_term_is_taken_in_an_older_one": {
        "file": "accept.c",
        "change": "s/raft__adopt_term(r, term + 1, RAFT_REASON_OFFERED);/(void)0;/",
        "lines": 1,
        "build": "offers",
        "finds": "asserts: log->last.term <= r->term",
        "args": ["--bounds", "offers", "--offer", "1"],
    },
    "what_was_offered_is_acknowledged": {
        "file": "accept.c",
        "change": "s/if (message->kind == RAFT_MESSAGE_APPEND)$/if (true)/",
        "lines": 1,
        "build": "offers",
        "finds": "drops an entry that is committed",
        "args": ["--bounds", "offers", "--offer", "1"],
    },
    "who_takes_an_offer_stays_in_its_term": {
        "file": "accept.c",
        "change": "s/raft__adopt_term(r, term + 1, RAFT_REASON_OFFERED);/" +
                  "if (term > r->term) raft__adopt_term(r, term, RAFT_REASON_OFFERED);/",
        "lines": 1,
        "build": "offers",
        "finds": "has not what its leader counts on",
        "args": [
            "--bounds",
            "led-offers",
            "--expire",
            "2",
            "--campaigners",
            "6",
            "--givers",
            "4",
            "--takers",
            "8",
        ],
    },
}
