/*
 * A stage: one of the runs that are watched side by side.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { make, put, putText } from "./elements.js";
import { Flight } from "./flight.js";
import { Logs } from "./logs.js";
import { Ring } from "./ring.js";

const VERDICTS = {
  ok: "✓ every expectation held",
  failed: "✗ failed",
  skipped: "skipped: it lacks what the scenario needs",
};

export class Stage {
  #ring;
  #flight;
  #logs;
  #verdict;
  #build;
  run = null;

  /** `choose()` lets another build be chosen; and the ring's `touched`. */
  constructor(name, choose, touched) {
    const flight = make("canvas", { "aria-hidden": "true" });
    const logs = make("canvas", { class: "logs" });

    this.#ring = new Ring(touched);
    this.#flight = new Flight(flight);
    this.#logs = new Logs(logs);
    this.#verdict = make("span", { class: "verdict", role: "status" });
    this.#build = make("button", { type: "button", click: choose });
    this.element = make(
      "section",
      { class: "stage", "aria-label": name },
      make(
        "header",
        {},
        make("span", { class: "build" }, "Build ", this.#build),
        this.#verdict,
      ),
      make("div", { class: "ring" }, this.#ring.element, flight),
      logs,
    );
  }

  /** The build that it is of. */
  tell(build) {
    putText(this.#build, build);
    put(this.#build, "aria-label", `Build ${build}: choose another`);
  }

  show(at, look) {
    if (this.run === null) return;
    const { verdict, isUnsafe } = this.run;

    put(this.#verdict, "class", `verdict ${verdict}`);
    putText(
      this.#verdict,
      isUnsafe ? "✗ a property broke that never may" : VERDICTS[verdict],
    );
    this.#ring.show(this.run, at);
    this.#flight.show(this.run, at, look);
    this.#logs.show(this.run, at, look.colours);
  }
}
