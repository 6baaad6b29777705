/*
 * The menu: a dialog of what can be done here.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
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

  /** A choice among builds; "": the run's. */
  buildChoice(node, builds, current, chosen) {
    const select = make(
      "select",
      { change: () => this.#close(() => chosen(select.value)) },
      make("option", { value: "" }, "that of the run"),
      ...builds.map((build) => make("option", { value: build }, build)),
    );

    select.value = current;
    return make("label", {}, `Build of n${node} from its first start `, select);
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
