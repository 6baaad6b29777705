/*
 * The worker: runs what the page asks for, so that the page goes on meanwhile and
 * can end it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is sent the module's bytes first, then questions: { id, text, name, builds,
 * seed, stepsMax }. Each is answered by { id, records } or { id, error }.
 *
 * An interpreter whose memory runs out aborts, as in any program; and whatever is
 * thrown while it runs leaves it in the middle of something. Then there is a new one.
 */
import { Interpreter } from "./interpreter.js";
import { Recorder, Tracer } from "./recorder.js";

const NO_MEMORY = "It takes more memory than a page may have.";

let bytes;
let interpreter;

/** What a text is, or the sentence that says why it is no scenario. */
function readScenario(name, text) {
  const setting = { notes: [] };
  let error = null;

  interpreter.read(name, text, {
    error: (said) => (error = said),
    setting: (electionUs, nodeCount, title) =>
      Object.assign(setting, { electionUs, nodeCount, title }),
    note: (line, said) => setting.notes.push({ line, text: said }),
  });
  return { setting, error };
}

function traceAgain(build, seed, stepsMax) {
  const tracer = new Tracer();

  interpreter.run(build, seed, stepsMax, tracer);
  return tracer.lines;
}

function runBuild(setting, build, { seed, stepsMax }) {
  const recorder = new Recorder(setting, build, seed);
  let error = null;

  recorder.error = (said) => (error = said);
  interpreter.run(build, seed, stepsMax, recorder);
  if (error !== null) throw new Error(error);
  if (recorder.record.isUnsafe)
    recorder.record.trace = traceAgain(build, seed, stepsMax);
  return recorder.record;
}

async function answer(question) {
  if (question.module !== undefined) {
    bytes = question.module;
    interpreter = await Interpreter.create(bytes);
    return { id: question.id, builds: interpreter.builds() };
  }
  const { setting, error } = readScenario(question.name, question.text);

  if (error !== null) return { id: question.id, error };
  return {
    id: question.id,
    records: question.builds.map((build) => runBuild(setting, build, question)),
  };
}

/** What went wrong, as a sentence. */
async function mend(error) {
  if (bytes !== undefined) interpreter = await Interpreter.create(bytes);
  return error instanceof WebAssembly.RuntimeError ? NO_MEMORY : error.message;
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage(await answer(data));
  } catch (error) {
    self.postMessage({ id: data.id, error: await mend(error) });
  }
};
