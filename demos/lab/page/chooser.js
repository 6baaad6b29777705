/*
 * The chooser: a build is put together of modules. What would be unsafe cannot be
 * chosen, and it says why.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { make, putText } from "./elements.js";
import { Builds } from "./builds.js";

export class Chooser {
  #builds;
  #chosen;
  #name = make("output", { class: "name" });
  #rows;

  constructor(builds, current) {
    this.#builds = builds;
    this.#chosen = new Set(Builds.modulesOf(current));
    this.#rows = builds.modules.map((module) => this.#makeRow(module));
    this.elements = [
      make(
        "fieldset",
        {},
        make("legend", {}, "Modules"),
        ...this.#rows.map(({ label }) => label),
      ),
      make(
        "div",
        { class: "row" },
        this.#preset("None", "baseline"),
        this.#preset("All", builds.all),
      ),
      make("p", {}, "This is ", this.#name),
    ];
    this.#show();
  }

  /** The name of the build. */
  get name() {
    return this.#builds.nameOf(this.#chosen);
  }

  #makeRow(module) {
    const box = make("input", {
      type: "checkbox",
      value: module,
      change: () => {
        if (!this.#chosen.delete(module)) this.#chosen.add(module);
        this.#show();
      },
    });
    const why = make("span", { class: "quiet" });

    return {
      module,
      box,
      why,
      label: make("label", {}, box, ` ${module} `, why),
    };
  }

  #preset(text, build) {
    return make(
      "button",
      {
        type: "button",
        click: () => {
          this.#chosen = new Set(Builds.modulesOf(build));
          this.#show();
        },
      },
      text,
    );
  }

  #show() {
    for (const { module, box, why } of this.#rows) {
      const reason = this.#builds.whyFixed(this.#chosen, module);

      box.checked = this.#chosen.has(module);
      box.disabled = reason !== "";
      putText(why, reason);
    }
    putText(this.#name, this.name);
  }
}
