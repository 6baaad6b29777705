/*
 * A lesson: a scenario whose comments lead through it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * `#= builds ONE OTHER` and `#= seed N` say how it is shown. `#:` begins a step,
 * whose moment is that of the next statement; further `#:` lines go on with it.
 */
export class Lesson {
  constructor(name, text) {
    const setting = (key) =>
      new RegExp(`^#= ${key} (.*)$`, "m").exec(text)?.[1] ?? "";

    this.name = name;
    this.text = text;
    this.title = /^title\s+(.*)$/m.exec(text)?.[1] ?? name;
    this.builds = setting("builds").split(/\s+/);
    this.seed = Number(setting("seed"));
  }
}

/** The steps of a text: each its sentence, and the line of its statement. */
export function stepsOf(text) {
  const steps = [];
  let isOpen = false;

  text.split("\n").forEach((line, index) => {
    const [, sentence] = /^\s*#:\s*(.*)$/.exec(line) ?? [];

    if (sentence !== undefined && isOpen) {
      steps.at(-1).sentence += ` ${sentence}`;
    } else if (sentence !== undefined) {
      steps.push({ sentence, line: Infinity });
      isOpen = true;
    } else if (isOpen && !/^\s*(#.*)?$/.test(line)) {
      steps.at(-1).line = index + 1;
      isOpen = false;
    }
  });
  return steps;
}

/** When a step begins in a run: as soon as its line, or one below it, does. */
export function momentOf(step, run) {
  const begun = run.statements.find(({ line }) => line >= step.line);

  return begun?.at ?? run.end;
}
