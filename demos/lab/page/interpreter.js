/*
 * The interpreter: the library's own core, simulator and scenario language,
 * compiled to WebAssembly (../lab.c). It is told a text, a build and a seed, and
 * tells a listener what happens, by the names of ../page.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Which arguments of what it tells are texts. */
const TEXTS = {
  error: [0],
  build: [0],
  setting: [2],
  note: [1],
  state: [],
  writes: [],
  deed: [2],
  answer: [2, 4],
  mark: [],
  end: [],
  trace: [1],
  statement: [],
  log: [],
  node: [2, 4, 5],
  link: [3],
  sent: [4, 6],
  arrived: [],
  metric: [0],
  result: [1, 2, 3],
};

/** What its C library asks of a system: here is none, and nothing is written. */
const NO_SYSTEM = { fd_write: () => 8, fd_seek: () => 8, fd_close: () => 8 };

export class Interpreter {
  #exports;
  #listener = {};
  #decoder = new TextDecoder();

  /** Of the bytes of a module; resolves to an interpreter. */
  static async create(bytes) {
    const interpreter = new Interpreter();
    const page = Object.fromEntries(
      Object.entries(TEXTS).map(([name, texts]) => [
        name,
        (...values) => interpreter.#hear(name, texts, values),
      ]),
    );
    const { instance } = await WebAssembly.instantiate(bytes, {
      page,
      wasi_snapshot_preview1: NO_SYSTEM,
    });
    interpreter.#exports = instance.exports;
    instance.exports._initialize();
    return interpreter;
  }

  #hear(name, texts, values) {
    const hear = this.#listener[name];

    if (hear === undefined) return;
    for (const place of texts) values[place] = this.#text(values[place]);
    hear.apply(this.#listener, values);
  }

  #text(address) {
    const bytes = new Uint8Array(this.#exports.memory.buffer);

    return this.#decoder.decode(
      bytes.subarray(address, bytes.indexOf(0, address)),
    );
  }

  #write(text) {
    const bytes = new TextEncoder().encode(text);
    const address = this.#exports.room(bytes.length);

    new Uint8Array(this.#exports.memory.buffer).set(bytes, address);
    return bytes.length;
  }

  /** Read a scenario, `name` being what it is called in errors. The listener is
   *  told `setting` and `note`, or `error`. Returns whether it is one. */
  read(name, text, listener) {
    this.#listener = listener;
    return Boolean(this.#exports.read(this.#write(`${name}\0${text}`)));
  }

  /** The names of all builds. */
  builds() {
    const names = [];

    this.#listener = { build: (name) => names.push(name) };
    this.#exports.builds();
    return names;
  }

  /** Run what was read; the listener is told everything else. Returns whether
   *  there is such a build. */
  run(build, seed, stepsMax, listener) {
    const traced = listener.trace !== undefined;

    this.#listener = listener;
    return Boolean(
      this.#exports.run(this.#write(build), seed, stepsMax, traced),
    );
  }
}
