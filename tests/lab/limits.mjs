/*
 * What cannot be run, or not to its end; and what breaks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "./browser.mjs";
import {
  browser,
  native,
  open,
  openLesson,
  page,
  pictures,
  press,
  rested,
  run,
  say,
  textOf,
  type,
  valueOf,
  write,
} from "./person.mjs";

const EVENTS = "250000";

export async function anErrorIsToldAsByTheProgram() {
  const text = "nodes 3\nrun 5\n";
  const path = join(pictures, "lab.scenario");

  await write(text);
  writeFileSync(path, text);
  const { stderr, status } = spawnSync(native, ["lab.scenario"], {
    cwd: pictures,
    encoding: "utf8",
  });

  assert.equal(status, 2);
  assert.equal(await textOf("problem"), stderr.trim());
  assert.equal(
    await browser.look(
      "document.querySelector('#gutter .wrong').textContent.trim()",
    ),
    "!   2",
  );
  say(`typed 'run 5': ${stderr.trim()}`);
  await aWrongTextIsShared();
}

/** Who opens it sees what is wrong, on a page that goes on. */
async function aWrongTextIsShared() {
  const problem = await textOf("problem");

  await browser.until("location.hash !== ''");
  await pause(100);
  await browser.go(
    await browser.look("location.href"),
    "document.getElementById('problem')?.textContent !== ''",
  );
  assert.equal(await textOf("problem"), problem);
  assert.equal(await valueOf("text"), "nodes 3\nrun 5\n");
  await browser.click("#heal");
  assert.equal(await textOf("told"), "Mend the text first.");
  await browser.click("#partition");
  await browser.click("#menu form button");
  await browser.click("#on");
  await open(page);
}

/** What cannot be run at all leaves a page that goes on. */
export async function memoryThatRunsOutIsTold() {
  await write(
    "nodes 9\nlog {n1 n2 n3 n4 n5 n6 n7 n8 n9} = 1x1000000\nrun 1s\n",
  );
  assert.equal(
    await textOf("problem"),
    "It takes more memory than a page may have.",
  );
  await openLesson("12-transfer");
  assert.equal(await textOf("problem"), "");
  say("memory ran out: it was told, and the next scenario ran");
}

export async function anEndlessScenarioEnds() {
  await endsAsInTheProgram("nodes 1\nrepeat 1000000\n  note round\nend\n");
  await endsAsInTheProgram(
    "nodes 3\nrepeat 1000000\n  repeat 1000000\n" +
      "    when prevote: expect no leader\n  end\nend\n",
  );
  await endsAsInTheProgram(
    "nodes 1\nrepeat 1000000\n  repeat 1000000\n  end\nend\n",
  );
}

async function endsAsInTheProgram(text) {
  await write(text);
  writeFileSync(join(pictures, "lab.scenario"), text);
  const { stdout } = spawnSync(
    native,
    ["--build", "baseline", "--events", EVENTS, "lab.scenario"],
    { cwd: pictures, encoding: "utf8" },
  );
  const sentence = stdout.split("\n").find((line) => /not over/.test(line));
  const shown = await textOf("found");

  assert.ok(sentence !== undefined, stdout);
  assert.ok(shown.includes(sentence), shown.slice(0, 300));
  say(`an absurd scenario ended: ${sentence}`);
}

export async function aLongRunIsStopped() {
  await type("nodes 64\nclient every 1ms\nrun 10000s\n");
  await browser.until("!document.getElementById('busy').hidden", "it is busy");
  await browser.click("#stop");
  await rested();
  assert.equal(
    await textOf("problem"),
    "The run was stopped, and has no result.",
  );
  await openLesson("12-transfer");
  assert.equal(await textOf("problem"), "");
  say("clicked Stop it: the run ended, and the next one began");
}

export async function aViolationShowsItsTrace() {
  await write(
    "nodes 3\nclient every 20ms\nreads every 20ms at all bound 100ms\n" +
      "run until stable 2T within 20T\nlet F = follower\n" +
      "clock F rate 0.02\nisolate F\nrun 20T\n",
  );
  await browser.click(".stage:first-child .build button");
  await press("All");
  await run(() => press("Take this build"));
  const trace = await browser.look(
    "document.querySelector('.trace').textContent",
  );
  const told = await browser.look(
    "document.querySelector('.unsafe').textContent",
  );

  assert.match(told, /reads: n\d answers read/);
  assert.ok(trace.split("\n").length >= 20);
  assert.match(trace, /^\d+\.\d{6} /m);
  say(`a property broke, by a clock that lies: ${told.trim()}`);
}
