/*
 * Runs scenarios natively and in WebAssembly, and compares what both say.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";

const BUILDS = ["baseline", "all"];
const EVENTS = 5000;
const [, , interpreterFile, wasm, native, ...files] = process.argv;
const { Interpreter } = await import(pathToFileURL(resolve(interpreterFile)));
const interpreter = await Interpreter.create(readFileSync(wasm));

/** What raft-scenario says of a file: its trace, and an object of JSON a build. */
function runNatively(file, seed) {
  const builds = BUILDS.flatMap((build) => ["--build", build]);
  const options = [...builds, "--seed", seed, "--events", EVENTS, file];
  const run = (...more) => {
    try {
      return execFileSync(native, [...more, ...options], {
        encoding: "utf8",
        maxBuffer: 1 << 28,
        stdio: ["ignore", "pipe", "ignore"],
      });
    } catch (error) {
      if (error.status !== 1) throw error;
      return error.stdout;
    }
  };
  const runs = run("--json").trim().split("\n").map(JSON.parse);

  return { trace: run("--quiet", "--trace", "-"), runs };
}

/** The same of the interpreter: the lines of its trace, its metrics, its result. */
function runHere(build, seed) {
  const lines = [];
  const whole = {};
  const sinceMark = {};
  let isMarked = false;
  let result;
  const listener = {
    mark: () => (isMarked = true),
    trace: (at, line) => {
      const seconds = Math.floor(at / 1e6);
      const rest = String(at % 1e6).padStart(6, "0");

      lines.push(`${seconds}.${rest} ${line}`);
    },
    metric: (name, isTime, all, since) => {
      whole[name] = all < 0 ? null : all;
      sinceMark[name] = since < 0 ? null : since;
    },
    result: (verdict, failures) => (result = { verdict, failures }),
  };

  assert.ok(interpreter.run(build, seed, EVENTS, listener));
  if (isMarked) whole["since-mark"] = sinceMark;
  return { lines, whole, result };
}

/** The trace of one build, without its head and what the program says behind. */
function traceOf(trace, name, build, seed) {
  const full = build === "all" ? interpreter.builds().at(-1) : build;
  const head = `run ${name}, ${full}, seed ${seed}\n`;
  const begin = trace.indexOf(head);

  assert.notEqual(begin, -1, `no ${head}`);
  return trace.slice(begin + head.length);
}

/* One file in so many, drawn; RAFT_LAB_EVERY=1 is all of them. */
const every = Number(process.env.RAFT_LAB_EVERY ?? 5);
const draw = Number(process.env.OUTRIGGER_SEED ?? randomInt(every));
const drawn = [...files.entries()].filter(
  ([index]) => (index + draw) % every === 0,
);

console.log(
  `every ${every}th scenario; the same again: ./run test ` +
    `--test_env=OUTRIGGER_SEED=${draw} --test_env=RAFT_LAB_EVERY=${every} ` +
    `//tests/lab:same_test`,
);
let runs = 0;
let bytes = 0;

for (const [index, file] of drawn) {
  const seed = index + 1;
  const expected = runNatively(file, seed);
  const problems = [];
  const isRead = interpreter.read(file, readFileSync(file, "utf8"), {
    error: (text) => problems.push(text),
  });

  assert.ok(isRead, problems.join());
  for (const [place, build] of BUILDS.entries()) {
    const said = expected.runs[place];
    const is = runHere(build, seed);

    if (said.skipped) {
      assert.equal(is.result.verdict, 2, file);
      continue;
    }
    const text = is.lines.map((line) => `${line}\n`).join("");

    assert.ok(
      traceOf(expected.trace, file, build, seed).startsWith(text),
      `${file}, ${build}, seed ${seed}: another trace`,
    );
    assert.ok(text.length > 1000, `${file}: no trace`);
    for (const [name, value] of Object.entries(is.whole))
      assert.deepEqual(value, said[name], `${file}, ${build}: ${name}`);
    assert.equal(is.result.verdict === 0, said.ok, `${file}, ${build}`);
    assert.deepEqual(
      is.result.failures.split("\n").slice(0, -1),
      said.failures ?? [],
      `${file}, ${build}`,
    );
    runs++;
    bytes += text.length;
  }
}
assert.ok(files.length >= 10);
assert.ok(runs >= drawn.length);
console.log(
  `${drawn.length} of ${files.length} scenarios, ${runs} runs, ` +
    `${bytes} bytes of trace: the same`,
);
