/*
 * Whatever is thrown while the worker's interpreter runs, the next scenario has one of
 * its own; and a stack that is full has nothing below it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arguments: the worker, the recorder beside it, the compiled interpreter.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [, , workerFile, recorderFile, wasm] = process.argv;
const STACK_BYTES = 1 << 20;
const instances = [];
const answers = [];
const instantiate = WebAssembly.instantiate;

WebAssembly.instantiate = async (...given) => {
  const made = await instantiate(...given);

  instances.push(made.instance);
  return made;
};
const place = { postMessage: (answer) => answers.push(answer) };

globalThis.self = place;
await import(pathToFileURL(resolve(workerFile)));
const { Recorder } = await import(pathToFileURL(resolve(recorderFile)));

/** What the worker answers. */
async function ask(question) {
  await place.onmessage({ data: { id: answers.length, ...question } });
  return answers.at(-1);
}

const run = (text) =>
  ask({
    text,
    name: "a text",
    builds: ["baseline", "prevote"],
    seed: 1,
    stepsMax: 250000,
  });
const TEXT = "nodes 3\nclient every 20ms\nrun 10T\nexpect acks >= 1\n";

const { builds } = await ask({ module: readFileSync(wasm) });

assert.ok(builds.includes("prevote"));
/* What is read and kept stands above the stack, so that one that is full is noticed. */
const low = new Uint8Array(instances[0].exports.memory.buffer, 0, STACK_BYTES);

assert.ok(
  low.subarray(0, STACK_BYTES / 2).every((byte) => byte === 0),
  "something stands where the stack grows to",
);
const { records } = await run(TEXT);

assert.equal(records.length, 2);
assert.equal(instances.length, 1);

/* In the middle of a run. */
const { statement } = Recorder.prototype;

Recorder.prototype.statement = () => {
  throw new TypeError("a mistake");
};
assert.equal((await run(TEXT)).error, "a mistake");
assert.equal(instances.length, 2);
Recorder.prototype.statement = statement;
assert.deepEqual((await run(TEXT)).records, records);
assert.equal(instances.length, 2);

assert.equal(
  (await run("nodes 9\nlog {n1 n2 n3 n4 n5 n6 n7 n8 n9} = 1x1000000\nrun 1s\n"))
    .error,
  "It takes more memory than a page may have.",
);
assert.equal(instances.length, 3);
assert.deepEqual((await run(TEXT)).records, records);

/* A text that is wrong throws nothing. */
assert.match((await run("nodes\n")).error, /^a text:1: /);
assert.equal(instances.length, 3);
console.log("a mistake, and memory that ran out: a new interpreter each time");
