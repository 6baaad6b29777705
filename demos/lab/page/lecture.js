/*
 * The lecture: one step of a lesson after the other, above the picture.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { find, putText } from "./elements.js";
import { momentOf, stepsOf } from "./lesson.js";

export class Lecture {
  #steps = [];
  #place = 0;
  #clock;

  constructor(clock) {
    this.#clock = clock;
  }

  /** A text, of which `run` is one; it has no steps if it is no lesson. */
  begin(text, run) {
    this.#place = 0;
    this.follow(text);
    find("lesson").hidden = this.#steps.length === 0;
    this.#clock.stop();
    this.#clock.set(0);
    if (this.#steps.length > 0) this.#go(run, false);
  }

  /** The text has changed. */
  follow(text) {
    this.#steps = stepsOf(text);
    putText(
      find("lesson-title"),
      /^title\s+(.*)$/m.exec(text)?.[1] ?? "A lesson",
    );
  }

  /** Go on, in the time that it takes, or go back at once. */
  turn(by, run) {
    const last = Math.max(0, this.#steps.length - 1);

    this.#place = Math.min(Math.max(0, this.#place + by), last);
    if (this.#steps.length > 0) this.#go(run, by > 0);
  }

  #go(run, plays) {
    const step = this.#steps[this.#place];
    const count = this.#steps.length;
    const moment = run === undefined ? 0 : momentOf(step, run);

    putText(find("lesson-step"), step.sentence);
    putText(find("step-count"), `step ${this.#place + 1} of ${count}`);
    find("step-back").disabled = this.#place === 0;
    find("step-on").disabled = this.#place === count - 1;
    if (plays && moment > this.#clock.at) {
      this.#clock.go(moment);
    } else {
      this.#clock.stop();
      this.#clock.set(moment);
    }
  }
}
