/*
 * The laboratory: the worker, seen from the page. One question is under way at a
 * time; a newer one waits for it, and takes the place of any that waits already.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Statements and events of a run, at most: some minutes of a busy cluster. */
const STEPS_MAX = 250000;

export class Laboratory {
  #makeWorker;
  #module;
  #worker;
  #id = 0;
  #waiting = null;
  #asked = null;

  /** A function that makes a worker, and the bytes that it is sent first. */
  constructor(makeWorker, module) {
    this.#makeWorker = makeWorker;
    this.#module = module;
  }

  /** Resolves to the names of all builds. */
  async open() {
    this.#worker = this.#makeWorker();
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    const { builds } = await this.#post({ module: this.#module });

    return builds;
  }

  #post(question) {
    const id = ++this.#id;

    return new Promise((resolve, reject) => {
      this.#asked = { id, resolve, reject };
      this.#worker.postMessage({ ...question, id });
    });
  }

  #hear(answer) {
    const asked = this.#asked;

    if (answer.id !== asked?.id) return;
    this.#asked = null;
    asked.resolve(answer);
    this.#next();
  }

  #next() {
    const waiting = this.#waiting;

    if (waiting === null || this.#asked !== null) return;
    this.#waiting = null;
    this.#post(waiting.question).then(waiting.resolve, waiting.reject);
  }

  get isBusy() {
    return this.#asked !== null;
  }

  /** Resolves to { records }, a record a build, or { error }; to null if a newer
   *  question came before this one's turn. */
  run(question) {
    this.#waiting?.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiting = {
        question: { stepsMax: STEPS_MAX, ...question },
        resolve,
        reject,
      };
      this.#next();
    });
  }

  /** End what is under way: the worker is ended, and another one begun. */
  async stop() {
    const asked = this.#asked;

    this.#worker.terminate();
    this.#asked = null;
    await this.open();
    asked?.resolve({ error: "The run was stopped, and has no result." });
  }
}
