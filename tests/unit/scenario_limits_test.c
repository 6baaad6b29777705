/*
 * Where a scenario's numbers, names and lists end: what is just within is taken, what
 * is just beyond gets a sentence that says where the end is.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/parse/hints.h"
#include "assists/scenario/script/script.h"

static const char *const taken[] = {
	"nodes 3\nlog n1 = 1x1 2x1\nlog n2 = 1x1 2x5\n",
	"nodes 3\nlog n1 = 1x3\nlog n2 = 1x1\n",
	"nodes 3\nlog n1 = 2x1\nlog n2 = 3x1\n",
	"nodes 3\nlog all = 1x2 3x4 3x1\n",
	"nodes 5\nlog n1 = 2x1\nterm {n4 n5} 1\n",
	"nodes 3\nlog n1 = 1x1 2x1\nterm n3 1\n",
	"nodes 3\nterm n1 5\n",
	"nodes 1\nspare 63\n",
	"nodes 1\nlearners 63\n",
	"nodes 64\nspare 0\nlearners 0\n",
	"nodes 62\nlearners 1\nspare 1\ncrash {n64}\n",
	"nodes 1\nmax-log 1\n",
	"nodes 1\nmax-log 1099511627776\n",
	"nodes 1\nterm n1 1\n",
	"nodes 1\nterm n1 1000000000\n",
	"nodes 1\nlog n1 = 1000000000x1\n",
	"nodes 1\nlog n1 = 1x1000000 1x1 2x1\n",
	"nodes 1\nterm n1 2\nlog n1 = 2x1\n",
	"nodes 1\nrepeat 1000000\nend\n",
	"nodes 1\nrepeat 1\nend\n",
	"nodes 1\npropose 1\n",
	"nodes 1\npropose 10000 size 8\n",
	"nodes 1\npropose 1 at n1 size 1048576\n",
	"nodes 3\nreplay n1 -> n2 1\n",
	"nodes 3\nreplay n1 -> n2 64\n",
	"nodes 1\nelection 1ms\n",
	"nodes 1\nelection 3600s\n",
	"nodes 1\nheartbeat 1us\n",
	"nodes 1\nloss 0%\nduplicate 100%\n",
	"nodes 1\nloss 100.0%\n",
	"nodes 1\nclock n1 rate 0.01\n",
	"nodes 1\nclock n1 rate 100\n",
	"nodes 1\nrun 1000000000T\n",
	"nodes 1\nrun 0.000001T\n",
	"nodes 1\nrun 0s\n",
	"nodes 1\nexpect acks = 1000000000000000\n",
	"nodes 1\nexpect acks = 0\n",
	"nodes 1\nexpect committed n1 >= 1000000000000000\n",
	"nodes 1\nexpect term n1 = 1000000000000000\n",
	"nodes 1\nlatency 1T..1000ms\n",
	"nodes 1\nlatency 1s..1T\n",
	"nodes 1\nlatency 2T..2T\n",
	"nodes 1\ndisk n1 0us..0us\n",
	"nodes 1\nclient every 1us size 8\n",
	"nodes 1\noption heartbeat_us 1\n",
	"nodes 1\noption heartbeat_us 3600000000 at n1\n",
	"nodes 1\noption batch_entries_max 4294967295\n",
	"nodes 1\noption snapshot_tail_entries 1099511627776\n",
	"nodes 1\noption learners.slow_rounds 255\n",
	"nodes 1\noption region.x 1 at n1\n",
	"nodes 1\nreorder on\n",
	"nodes 3\nwhen not not prevote: expect leader\n",
	"nodes 3\nstart n1\nlet A B = {n2 n3}\nstart A\nstart B\n",
	"nodes 3\nlet A B = {n1 n2}\nstart A\nstart B\nstart n3\n",
	"nodes 3\nstart n1\nrepeat 2\nlet A = n1\nend\nstart A\n",
	"nodes 3\nstart n1\nlet A = n1\nlet B = A\nstart B\n",
	"nodes 3\nrepeat 1\nstart n1\nend\n",
	"nodes 3\nrepeat 2\nrun 1T\nend\nstart n1\n",
	"nodes 3\nlet A = n1\nstart {A n2}\nstart n3\n",
	"nodes 3\nstart n1\nlet A = n1\nstart {n2 n3}\nrestart A\n",
};

static const struct {
	const char *text;
	const char *sentence;
} refused[] = {
	{ "nodes 3\ndisk\n",
	  "f:2: the line ends too early, expected a range such as 5ms..20ms, "
	  "with a unit at both ends and no blanks" },
	{ "nodes 3\ndisk n1\n",
	  "f:2: the line ends too early, expected a range such as 5ms..20ms, "
	  "'full', 'fail', 'stall' or 'ok'" },
	{ "nodes 3\nrun 1s\nbuild n1 = magic\n",
	  "f:3: unknown module 'magic', expected baseline, core4, default, "
	  "all, or modules joined by +, out of those that this binary has: "
	  "stickiness, prevote, checkquorum, learners, disconnect, "
	  "split_vote, fencing, catchup" },
	{ "nodes 3\nlog n1 = 1x1 2x1\nlog n2 = 2x1\n",
	  "f:3: two logs differ before a term that both have entries of, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 3\nlog n2 = 2x1 3x1\nlog n1 = 3x1\n",
	  "f:3: two logs differ before a term that both have entries of, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 3\nlog n1 = 2x1 3x1\nlog n2 = 3x1\n",
	  "f:3: two logs differ before a term that both have entries of, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 3\nlog n1 = 1x1 2x1 3x1\nlog n2 = 1x1 2x2 3x1\n",
	  "f:3: two logs differ before a term that both have entries of, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 3\nlog n1 = 1x1 2x1 3x1\nlog n2 = 1x1 3x1\n",
	  "f:3: two logs differ before a term that both have entries of, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 3\nlog n1 = 1x2 3x1\nlog n3 = 1x1 3x1\n",
	  "f:3: two logs differ before a term that both have entries of, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 4\nlog n1 = 2x1\nterm {n3 n4} 1\n",
	  "f:3: a log has entries of a term that no majority reached, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 2\nlog n1 = 2x1\nterm n2 1\n",
	  "f:3: a log has entries of a term that no majority reached, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 3\nlog n1 = 2x1 5x1\nterm n2 4\nterm n3 4\n",
	  "f:4: a log has entries of a term that no majority reached, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 65\n",
	  "f:1: found '65', expected a number of voters from 1 to 64" },
	{ "nodes 1\nspare 64\n",
	  "f:2: found '64', expected a number of nodes from 0 to 63" },
	{ "nodes 1\nlearners 64\n",
	  "f:2: found '64', expected a number of nodes from 0 to 63" },
	{ "nodes 62\nlearners 2\nspare 1\n",
	  "f:3: found 65 voters, learners and spares, expected at most 64" },
	{ "nodes 3\nlearners 1\ncrash n5\n",
	  "f:3: there is no n5, expected one of n1 to n4" },
	{ "nodes -1\n",
	  "f:1: found '-1', expected a number of voters from 1 to 64" },
	{ "nodes 3x\n",
	  "f:1: found '3x', expected a number of voters from 1 to 64" },
	{ "nodes 1\nmax-log 0\n",
	  "f:2: found '0', expected a number of entries" },
	{ "nodes 1\nmax-log 1099511627777\n",
	  "f:2: found '1099511627777', expected a number of entries" },
	{ "nodes 1\nterm n1 0\n",
	  "f:2: found '0', expected a term from 1 to 1000000000" },
	{ "nodes 1\nterm n1 1000000001\n",
	  "f:2: found '1000000001', expected a term from 1 to 1000000000" },
	{ "nodes 1\nlog n1 = 1000000001x1\n",
	  "f:2: found '1000000001x1', expected entries such as 1x5, which "
	  "are five of term 1" },
	{ "nodes 1\nlog n1 = 1x1000001\n",
	  "f:2: found '1x1000001', expected entries such as 1x5, which are "
	  "five of term 1" },
	{ "nodes 1\nlog n1 = 0x1\n",
	  "f:2: found '0x1', expected entries such as 1x5, which are five of "
	  "term 1" },
	{ "nodes 1\nlog n1 = 1x\n",
	  "f:2: found '1x', expected entries such as 1x5, which are five of "
	  "term 1" },
	{ "nodes 1\nlog n1 = x1\n",
	  "f:2: found 'x1', expected entries such as 1x5, which are five of "
	  "term 1" },
	{ "nodes 1\nlog n1 = 1x1y\n",
	  "f:2: found '1x1y', expected entries such as 1x5, which are five "
	  "of term 1" },
	{ "nodes 1\nlog n1 = 1:1\n",
	  "f:2: found '1', expected entries such as 1x5, which are five of "
	  "term 1" },
	{ "nodes 1\nlog n1 =\n",
	  "f:2: the line ends too early, expected entries such as 1x5, which "
	  "are five of term 1" },
	{ "nodes 1\nterm n1 1\nlog n1 = 2x1\n",
	  "f:3: the log of n1 is ahead of its term, expected a term of at "
	  "least 2" },
	{ "nodes 3\nlog n1 = 2x1\nterm n2 1\nterm n3 1\n",
	  "f:4: a log has entries of a term that no majority reached, "
	  "expected terms and logs that Raft can have made" },
	{ "nodes 1\nrepeat 1000001\nend\n",
	  "f:2: found '1000001', expected a number of times" },
	{ "nodes 1\npropose 0\n",
	  "f:2: found '0', expected a number of entries from 1 to 10000" },
	{ "nodes 1\npropose 10001\n",
	  "f:2: found '10001', expected a number of entries from 1 to 10000" },
	{ "nodes 1\npropose 1 size 7\n",
	  "f:2: found '7', expected bytes from 8 to 1048576" },
	{ "nodes 1\npropose 1 size 1048577\n",
	  "f:2: found '1048577', expected bytes from 8 to 1048576" },
	{ "nodes 3\nreplay n1 -> n2 0\n",
	  "f:2: found '0', expected a number from 1 to 64" },
	{ "nodes 3\nreplay n1 -> n2 65\n",
	  "f:2: found '65', expected a number from 1 to 64" },
	{ "nodes 1\nelection 999us\n",
	  "f:2: found '999us', expected a duration in us, ms or s, from 1ms "
	  "to 3600s" },
	{ "nodes 1\nelection 3600001ms\n",
	  "f:2: found '3600001ms', expected a duration in us, ms or s, from "
	  "1ms to 3600s" },
	{ "nodes 1\nelection 3600000001us\n",
	  "f:2: found '3600000001us', expected a duration in us, ms or s, "
	  "from 1ms to 3600s" },
	{ "nodes 1\nelection 0.5T\n",
	  "f:2: found '0.5T', expected a duration in us, ms or s, from 1ms "
	  "to 3600s" },
	{ "nodes 1\nheartbeat 0ms\n",
	  "f:2: found no time at all, expected a duration above 0" },
	{ "nodes 1\nloss 100.000001%\n",
	  "f:2: found '100.000001%', expected a share such as 30%, from 0% "
	  "to 100%" },
	{ "nodes 1\nduplicate 1\n",
	  "f:2: found '1', expected a share such as 30%, from 0% to 100%" },
	{ "nodes 1\nclock n1 rate 0.009999\n",
	  "f:2: found '0.009999', expected a rate such as 0.9, from 0.01 to "
	  "100" },
	{ "nodes 1\nclock n1 rate 100.000001\n",
	  "f:2: found '100.000001', expected a rate such as 0.9, from 0.01 "
	  "to 100" },
	{ "nodes 1\nclock n1 rate 1x\n",
	  "f:2: found '1x', expected a rate such as 0.9, from 0.01 to 100" },
	{ "nodes 1\nrun 1000000001T\n",
	  "f:2: found '1000000001T', expected a duration such as 200ms or 2T "
	  "(units: us, ms, s, T)" },
	{ "nodes 1\nrun 0.0000001T\n",
	  "f:2: found '0.0000001T', expected a duration such as 200ms or 2T "
	  "(units: us, ms, s, T)" },
	{ "nodes 1\nrun 1.T\n",
	  "f:2: found '1.T', expected a duration such as 200ms or 2T (units: "
	  "us, ms, s, T)" },
	{ "nodes 1\nrun 5 parsecs\n",
	  "f:2: found '5' without a unit, expected a duration such as 200ms "
	  "or 2T (units: us, ms, s, T)" },
	{ "nodes 1\nrun 5 T 3\n",
	  "f:2: found '5 T', expected '5T' without the blank" },
	{ "nodes 1\nrun\n",
	  "f:2: the line ends too early, expected a duration such as 200ms "
	  "or 2T (units: us, ms, s, T)" },
	{ "nodes 1\nexpect acks = 1000000000000001\n",
	  "f:2: found '1000000000000001', expected a whole number" },
	{ "nodes 1\nexpect committed n1 >= 1000000000000001\n",
	  "f:2: found '1000000000000001', expected a number of entries" },
	{ "nodes 1\nexpect applied n1 > 1\n",
	  "f:2: found '>', expected '>='" },
	{ "nodes 1\nexpect term n1 = 1000000000000001\n",
	  "f:2: found '1000000000000001', expected a term" },
	{ "nodes 1\nexpect logs\n",
	  "f:2: the line ends too early, expected 'equal'" },
	{ "nodes 1\nexpect no\n",
	  "f:2: the line ends too early, expected 'leader'" },
	{ "nodes 1\nexpect lag n1\n",
	  "f:2: the line ends too early, expected one of = != < <= > >=" },
	{ "nodes 1\nlatency 1T..999ms\n",
	  "f:2: found a range whose least value is above its most, expected "
	  "the least value first" },
	{ "nodes 1\nlatency 1001ms..1T\n",
	  "f:2: found a range whose least value is above its most, expected "
	  "the least value first" },
	{ "nodes 1\ndisk 1T..2ms\n",
	  "f:2: found a range whose least value is above its most, expected "
	  "the least value first" },
	{ "nodes 3\ndisk n1 1T..2ms\n",
	  "f:2: found a range whose least value is above its most, expected "
	  "the least value first" },
	{ "nodes 3\nrun 1s\nlink n1 - n2 latency 1001ms..1T\n",
	  "f:3: found a range whose least value is above its most, expected "
	  "the least value first" },
	{ "nodes 1\noption heartbeat_us 0\n",
	  "f:2: found '0', expected a whole number from 1 to 3600000000" },
	{ "nodes 1\noption heartbeat_us 3600000001\n",
	  "f:2: found '3600000001', expected a whole number from 1 to "
	  "3600000000" },
	{ "nodes 1\noption batch_entries_max 4294967296\n",
	  "f:2: found '4294967296', expected a whole number from 1 to "
	  "4294967295" },
	{ "nodes 1\noption snapshot_tail_entries 1099511627777\n",
	  "f:2: found '1099511627777', expected a whole number from 1 to "
	  "1099511627776" },
	{ "nodes 1\noption learners.slow_rounds 0\n",
	  "f:2: found '0', expected a whole number from 1 to 255" },
	{ "nodes 1\noption region.x 0\n",
	  "f:2: found '0', expected a whole number from 1 to "
	  "18446744073709551615" },
	{ "nodes 1\noption\n",
	  "f:2: the line ends too early, expected one of heartbeat_us, "
	  "commit_notice_us, batch_entries_max, appends_in_flight_max, "
	  "uncommitted_entries_max, uncommitted_bytes_max, "
	  "bytes_in_flight_max, snapshot_tail_entries, snapshot_part_bytes, "
	  "ahead_of_disk, learners.slow_rounds, learners.clock_drift" },
	{ "nodes 1\noption region 1\n",
	  "f:2: found 'region', expected one of heartbeat_us, "
	  "commit_notice_us, batch_entries_max, appends_in_flight_max, "
	  "uncommitted_entries_max, uncommitted_bytes_max, "
	  "bytes_in_flight_max, snapshot_tail_entries, snapshot_part_bytes, "
	  "ahead_of_disk, learners.slow_rounds, learners.clock_drift" },
	{ "nodes 1\nreorder maybe\n",
	  "f:2: found 'maybe', expected 'on' or 'off'" },
	{ "nodes 3\nbuild n1 =\n",
	  "f:2: the line ends too early, expected a build: baseline, core4, "
	  "default, all, or modules joined by +" },
	{ "nodes 3\nbuild n1 prevote\n",
	  "f:2: found 'prevote', expected '='" },
	{ "nodes 3\nleases\n",
	  "f:2: the line ends too early, expected 'drift' and a share, as in "
	  "'drift 1%', or 'off'" },
	{ "nodes 3\nneeds\n",
	  "f:2: the line ends too early, expected a module, one of "
	  "stickiness, prevote, checkquorum, learners, disconnect, "
	  "split_vote, fencing, catchup" },
	{ "nodes 3\nneeds Magic\n",
	  "f:2: found 'Magic', expected a module, one of stickiness, "
	  "prevote, checkquorum, learners, disconnect, "
	  "split_vote, fencing, catchup" },
	{ "nodes 3\nwhen prevote\n",
	  "f:2: the line ends too early, expected 'and', 'or' or ':'" },
	{ "nodes 3\nwhen prevote:\n",
	  "f:2: the line ends too early, expected 'expect' or 'run until'" },
	{ "nodes 3\nwhen prevote: print\n",
	  "f:2: found 'print', expected 'expect' or 'run until'" },
	{ "nodes 3\nlet A = 5\n",
	  "f:2: found '5', expected 'leader', 'followers', a node, a name "
	  "bound above, or a set in braces" },
	{ "nodes 3\nlet A =\n",
	  "f:2: the line ends too early, expected 'leader', 'followers', a "
	  "node, a name bound above, or a set in braces" },
	{ "nodes 3\nlet = n1\n",
	  "f:2: found '=', expected a name to bind, which begins with a "
	  "letter and is no node and no keyword" },
	{ "nodes 3\nlet A B = follower\n",
	  "f:2: found 2 names for one node, expected one" },
	{ "nodes 3\nlet A = {}\nlet A-1 A_2 = leader\n",
	  "f:3: found 2 names for one node, expected one" },
	{ "nodes 3\nlink n1 - n2\n",
	  "f:2: the line ends too early, expected 'latency', 'loss', "
	  "'duplicate' or 'default'" },
	{ "nodes 3\nlink n1 - n2 speed\n",
	  "f:2: found 'speed', expected 'latency', 'loss', 'duplicate' or "
	  "'default'" },
	{ "nodes 3\nlink n1 - n2 default 1\n",
	  "f:2: found '1', expected the end of the line" },
	{ "nodes 3\ndisk n1 broken\n",
	  "f:2: found 'broken', expected a range such as 5ms..20ms, 'full', "
	  "'fail', 'stall' or 'ok'" },
	{ "nodes 3\nnote\n",
	  "f:2: the line ends too early, expected what to note; '#' begins a "
	  "comment" },
	{ "nodes 3\nnote # x\n",
	  "f:2: the line ends too early, expected what to note; '#' begins a "
	  "comment" },
	{ "nodes 3\npartition\n",
	  "f:2: the line ends too early, expected a node such as n1, a name "
	  "bound by 'let' above, a set in braces, 'others' or 'all'" },
	{ "nodes 3\ncut all only\n",
	  "f:2: the line ends too early, expected one of append, "
	  "append-answer, vote, vote-answer, prevote, prevote-answer, "
	  "snapshot, timeout-now, resign, other" },
	{ "nodes 3\nexpect role n1\n",
	  "f:2: the line ends too early, expected '='" },
	{ "nodes 3\nexpect adoptions = 0\n",
	  "f:2: 'adoptions' needs the module catchup, which this version of "
	  "the library does not have yet" },
	{ "/* x\n",
	  "f:1: found '/*', expected a statement; a comment begins with '#'" },
	{ "--\n",
	  "f:1: found '--', expected a statement; a comment begins with '#'" },
	{ "; x\n",
	  "f:1: found ';', expected a statement; a comment begins with '#'" },
	{ "%\n",
	  "f:1: found '%', expected a statement; a comment begins with '#'" },
	{ "nodes 3\nfoo\n",
	  "f:2: found 'foo', expected a statement such as 'run 5T', 'cut n1 "
	  "- n2' or 'expect leader'" },
	{ "nodes 3\nend\n",
	  "f:2: found 'end' without a 'repeat' above it, expected a "
	  "statement such as 'run 5T', 'cut n1 - n2' or 'expect leader'" },
	{ "nodes 3\nrun 1s\ntitle x\n",
	  "f:3: 'title' sets up the cluster, expected before the first other "
	  "statement, which is on line 2" },
	{ "nodes 3\ncrash n65\n",
	  "f:2: found 'n65', expected n1 to n64" },
	{ "nodes 3\ncrash follower\n",
	  "f:2: found 'follower', expected a node or a name, such as L below "
	  "'let L = leader'" },
	{ "nodes 3\ncrash followers\n",
	  "f:2: found 'followers', expected a node or a name, such as L "
	  "below 'let L = leader'" },
	{ "nodes 3\ncrash n\n",
	  "f:2: found 'n', expected a node such as n1, a name bound by 'let' "
	  "above, a set in braces, 'others' or 'all'" },
	{ "nodes 3\nmark\nexpect acks = 1 since\n",
	  "f:3: the line ends too early, expected 'mark'" },
	{ "nodes 3\nstart n1\nstart others\n",
	  "f:3: n1 has run before, and 'start' is a node's first; expected "
	  "'restart'" },
	{ "nodes 3\nlet A B = {n1 n2}\nstart A\nstart n1\n",
	  "f:4: n1 has run before, and 'start' is a node's first; expected "
	  "'restart'" },
	{ "nodes 3\nlet A B = {n1 n2}\nstart B\nstart {n1 n2}\n",
	  "f:4: n2 has run before, and 'start' is a node's first; expected "
	  "'restart'" },
	{ "nodes 3\nstart n1\nrepeat 2\nrepeat 1\nstart n2\nend\nend\n",
	  "f:5: this 'start' is repeated, and 'start' is a node's first; "
	  "expected 'restart'" },
	{ "nodes 3\nstart n1\nrepeat 3\nrun 1T\nend\nstart {n1 n2}\n",
	  "f:6: n1 has run before, and 'start' is a node's first; expected "
	  "'restart'" },
	{ "nodes 3\nstart n1\nlet A = n1\nstart {n2 A}\n",
	  "f:4: n1 has run before, and 'start' is a node's first; expected "
	  "'restart'" },
	{ "nodes 3\nlet A = n1\nstart n1\nstart n2\nrestart n3\nstart n3\n",
	  "f:6: n3 has run before, and 'start' is a node's first; expected "
	  "'restart'" },
	{ "nodes 3\nstart all\nstart {}\n",
	  "f:3: all nodes have run before, and 'start' is a node's first; "
	  "expected 'restart'" },
};

/** What is said of a text; "" if it is taken. */
static const char *
said_of(const char *text)
{
	static char error[1024];

	error[0] = '\0';
	raft_scenario_free(raft_scenario_parse("f", text, strlen(text), error,
					       sizeof(error)));
	return error;
}

static void
what_is_within_a_limit_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (said_of(taken[i])[0] != '\0')
			fail_msg("%s%s", taken[i], said_of(taken[i]));
}

static void
what_is_beyond_a_limit_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_string_equal(said_of(refused[i].text),
				    refused[i].sentence);
}

/* ------------------------------------------------------------------- lists */

/** `before`, then a text so often, with its number for a %d, then `after`. */
static char *
list(const char *before, const char *each, int count, const char *after)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs(before, out);
	for (int i = 1; i <= count; i++) {
		const char *number = strstr(each, "%d");

		if (number == NULL)
			fputs(each, out);
		else
			fprintf(out, "%.*s%d%s", (int)(number - each), each, i,
				number + 2);
	}
	fputs(after, out);
	fclose(out);
	return text;
}

/** So many are taken; of one more, this is said. */
static void
assert_most(const char *before, const char *each, int most, const char *after,
	    const char *sentence)
{
	char *text = list(before, each, most, after);

	assert_string_equal(said_of(text), "");
	free(text);
	text = list(before, each, most + 1, after);
	assert_string_equal(said_of(text), sentence);
	free(text);
}

static void
a_list_has_an_end(void **state)
{
	(void)state;
	assert_most("nodes 3\n", "let A%d = n1\n", 32, "",
		    "f:34: 'A33' is one name too many, expected at most 32");
	assert_most("nodes 3\nlet", " A%d", 32, " = all\n",
		    "f:2: found 'A33', expected '='");
	assert_most("nodes 3\nwhen prevote", " or not prevote", 15,
		    ": expect leader\n",
		    "f:2: found more than 16 alternatives, expected ':'");
	assert_most("nodes 3\ncrash {", "n1 ", 509, "}\n",
		    "f:2: found more than 512 words, expected a shorter line");
	assert_most("nodes 3\nrepeat 1\n", "repeat 1\n", 15,
		    "end\nend\nend\nend\nend\nend\nend\nend\n"
		    "end\nend\nend\nend\nend\nend\nend\nend\n",
		    "f:18: found a repeat within 16 others, expected fewer");
}

/** However many there are, each is read. */
static void
a_list_grows(void **state)
{
	char *text = list("nodes 3\n", "propose %d\n", 1000, "");
	char error[256];
	struct raft_scenario *scenario = raft_scenario_parse(
		"f", text, strlen(text), error, sizeof(error));

	(void)state;
	assert_non_null(scenario);
	assert_int_equal(scenario->statement_count, 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(scenario->statements[i].number, i + 1);
	raft_scenario_free(scenario);
	free(text);
}

/* ------------------------------------------------------------------ starts */

static void
a_start_after_what_is_about_running_nodes_is_told(void **state)
{
	static const char *const about_running[] = {
		"run until leader within 1T", "crash n1", "poweroff n1",
		"restart n1", "pause n1", "resume n1", "campaign n1",
		"propose 1", "read", "step-down n1", "transfer n1", "add n1",
		"snapshot n1", "let L = leader", "let L = follower",
		"let L = followers",
	};
	static const char *const others[] = {
		"wipe n1", "disk n1 ok", "clock n1 rate 1", "mark", "note it",
		"print", "cut all", "client off", "reads off", "run 1T",
		"expect no leader", "let A = n1", "build n1 = baseline",
		"link n1 - n2 default", "heal all",
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), "nodes 3\n%s\nstart n2\n",
			 others[i]);
		assert_string_equal(said_of(text), "");
	}
	for (size_t i = 0;
	     i < sizeof(about_running) / sizeof(about_running[0]); i++) {
		snprintf(text, sizeof(text), "nodes 3\n%s\nmark\nstart n2\n",
			 about_running[i]);
		assert_string_equal(
			said_of(text),
			"f:4: all nodes have run since line 2, as no 'start' "
			"stands above that, and 'start' is a node's first; "
			"expected 'restart'");
	}
}

/* ------------------------------------------------------------------- hints */

static const char *
nth_known(size_t position)
{
	static const char *const known[] = {
		"ok", "abc", "bacd", "bcde", "longest",
		"abcdefghijklmnopqrstuvwxyzabcdef",
		"abcdefghijklmnopqrstuvwxyzabcdefg",
	};

	return position < sizeof(known) / sizeof(known[0]) ? known[position]
							   : NULL;
}

static void
a_word_is_near_another_by_few_slips(void **state)
{
	static const struct {
		const char *word;
		const char *nearest;
	} words[] = {
		{ "ok", "ok" }, { "oK", "ok" }, { "ko", NULL }, { "o", NULL },
		{ "oks", "ok" }, { "bac", "abc" }, { "abd", "abc" },
		{ "abcd", "abc" }, { "ab", NULL }, { "cba", NULL },
		{ "badc", "bacd" }, { "cd", NULL }, { "bcd", "bacd" },
		{ "longets", "longest" }, { "logest", "longest" },
		{ "gnolest", NULL }, { "longxxst", "longest" },
		{ "lonxxxst", NULL }, { "longe", NULL }, { "longes", "longest" },
		{ "LONGEST", "longest" }, { "ongest", "longest" },
		{ "nget", NULL }, { "", NULL },
		{ "abcdefghijklmnopqrstuvwxyzabcdef",
		  "abcdefghijklmnopqrstuvwxyzabcdef" },
		{ "abcdefghijklmnopqrstuvwxyzabcdefg", NULL },
		{ "bcdefghijklmnopqrstuvwxyzabcdefg",
		  "abcdefghijklmnopqrstuvwxyzabcdef" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *nearest = hint_nearest(words[i].word, nth_known);

		if (nearest != words[i].nearest &&
		    (nearest == NULL || words[i].nearest == NULL ||
		     strcmp(nearest, words[i].nearest) != 0))
			fail_msg("%s: %s", words[i].word,
				 nearest == NULL ? "none" : nearest);
	}
}

static void
a_word_of_other_tools_has_one_here(void **state)
{
	static const char *const pairs[][2] = {
		{ "assert", "expect" }, { "check", "expect" },
		{ "delay", "latency" }, { "disconnect", "cut" },
		{ "drop", "loss" }, { "kill", "crash" },
		{ "reconnect", "heal" }, { "servers", "nodes" },
		{ "set", "let" }, { "sleep", "run" }, { "stop", "crash" },
		{ "timeout", "election" }, { "wait", "run" },
		{ "write", "propose" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(hint_synonym(pairs[i][0]), pairs[i][1]);
	assert_null(hint_synonym("crash"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_within_a_limit_is_taken),
		cmocka_unit_test(what_is_beyond_a_limit_is_told),
		cmocka_unit_test(a_list_has_an_end),
		cmocka_unit_test(a_list_grows),
		cmocka_unit_test(
			a_start_after_what_is_about_running_nodes_is_told),
		cmocka_unit_test(a_word_is_near_another_by_few_slips),
		cmocka_unit_test(a_word_of_other_tools_has_one_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
