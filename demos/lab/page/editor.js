/*
 * The editor: the scenario's text, and beside each line what became of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A text is undone as it was written: what was done to the cluster by a click is
 * one step, and what was typed in one go another.
 */
import { make } from "./elements.js";

const TYPING_PAUSE_MS = 300;
const UNDO_MAX = 200;

export class Editor {
  #area;
  #gutter;
  #changed;
  #undone = [];
  #text = "";
  #timer = null;

  /** `changed(text)` is told what the text is from now on. */
  constructor(area, gutter, changed) {
    this.#area = area;
    this.#gutter = gutter;
    this.#changed = changed;
    area.addEventListener("input", () => this.#wait());
    area.addEventListener("scroll", () => {
      gutter.scrollTop = area.scrollTop;
    });
  }

  get text() {
    return this.#area.value;
  }

  get canUndo() {
    return this.#undone.length > 0 || this.#timer !== null;
  }

  /** Show a text; the one before it is what undo() brings back. */
  write(text) {
    this.#flush();
    this.#area.value = text;
    this.#settle();
  }

  /** Show a text that nothing comes before. */
  begin(text) {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#undone = [];
    this.#text = text;
    this.#area.value = text;
  }

  undo() {
    this.#flush();
    const before = this.#undone.pop();

    if (before === undefined) return;
    this.#text = before;
    this.#area.value = before;
    this.#changed(before);
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), TYPING_PAUSE_MS);
  }

  /* What is being typed is a step of its own. */
  #flush() {
    if (this.#timer !== null) this.#settle();
  }

  #settle() {
    const text = this.#area.value;

    clearTimeout(this.#timer);
    this.#timer = null;
    if (text === this.#text) return;
    this.#undone.push(this.#text);
    this.#undone.splice(0, this.#undone.length - UNDO_MAX);
    this.#text = text;
    this.#changed(text);
  }

  /** Beside each line its number, and its mark: of `marks`, "held", "failed" or
   *  "wrong" by line; and which line is under way. */
  show(marks, current) {
    const signs = { held: "✓", failed: "✗", wrong: "!" };
    const lines = this.#area.value.split("\n");

    this.#gutter.replaceChildren(
      ...lines.flatMap((_, index) => {
        const line = index + 1;
        const mark = marks.get(line) ?? "";
        const isCurrent = line === current;
        const number = String(line).padStart(3);

        return [
          make(
            "span",
            { class: isCurrent ? `${mark} current` : mark },
            `${isCurrent ? "▶" : " "}${signs[mark] ?? " "} ${number}`,
          ),
          "\n",
        ];
      }),
    );
    this.#gutter.scrollTop = this.#area.scrollTop;
  }

  /** Bring a line into view, unless somebody writes. */
  reveal(line) {
    const height = parseFloat(getComputedStyle(this.#area).lineHeight);
    const top = (line - 1) * height;
    const area = this.#area;

    if (document.activeElement === area) return;
    if (top < area.scrollTop || top > area.scrollTop + area.clientHeight - 60)
      area.scrollTop = Math.max(0, top - area.clientHeight / 2);
  }
}
