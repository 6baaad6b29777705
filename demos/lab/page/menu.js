/*
 * The menu: a dialog of what can be done here.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { Chooser } from "./chooser.js";
import { find, make, putText } from "./elements.js";

export class Menu {
  #dialog = find("menu");

  constructor() {
    /* A click beside it. */
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  #open(title, ...items) {
    putText(find("menu-title"), title);
    find("menu-items").replaceChildren(...items);
    this.#dialog.showModal();
  }

  #close(act) {
    this.#dialog.close();
    act();
  }

  /** Offer deeds, [name, statement], and what else stands below them. */
  offer(title, deeds, chosen, ...more) {
    const button = ([name, deed]) =>
      make(
        "button",
        { type: "button", click: () => this.#close(() => chosen(deed)) },
        name,
        make("code", {}, deed),
      );

    this.#open(title, ...deeds.map(button), ...more);
  }

  /** An entry below the deeds. */
  entry(name, act) {
    return make(
      "button",
      { type: "button", click: () => this.#close(act) },
      name,
    );
  }

  /** Let a build be put together, and what else may be chosen. */
  chooseBuild(title, builds, current, chosen, ...more) {
    const chooser = new Chooser(builds, current);

    this.#open(
      title,
      ...chooser.elements,
      this.entry("Take this build", () => chosen(chooser.name)),
      ...more,
    );
  }

  /** Ask which nodes are on one side. */
  divide(count, chosen) {
    const boxes = Array.from({ length: count }, () =>
      make("input", { type: "checkbox" }),
    );
    const side = (isOne) =>
      boxes.flatMap((box, index) => (box.checked === isOne ? [index + 1] : []));
    const done = make(
      "button",
      {
        type: "button",
        click: () => {
          const sides = [side(true), side(false)];

          if (sides.every((nodes) => nodes.length > 0))
            this.#close(() => chosen(...sides));
        },
      },
      "Divide those chosen from the others",
    );

    this.#open(
      "Divide the network",
      ...boxes.map((box, index) => make("label", {}, box, ` n${index + 1}`)),
      done,
    );
  }
}
