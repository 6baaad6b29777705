/*
 * The clock: the time at which runs are shown, and how fast it goes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It calls `show` once a frame while it goes, and whenever it was set. Who wants
 * less motion sees four pictures a second.
 */
const CALM_MS = 250;
/** To a time that is given, it takes no longer than that. */
const WAIT_SECONDS = 6;

export class Clock {
  #show;
  #at = 0;
  #until = Infinity;
  #pace = 1;
  #last = null;
  #shown = 0;
  #calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  /** Where time ends. */
  end = 0;
  /** Seconds of the run in one of the person who watches. */
  speed = 1;

  constructor(show) {
    this.#show = show;
  }

  get at() {
    return this.#at;
  }

  get isGoing() {
    return this.#last !== null;
  }

  /** Less motion is wanted. */
  get isCalm() {
    return this.#calm.matches;
  }

  set(at) {
    this.#at = Math.min(Math.max(0, at), this.end);
    this.#show();
  }

  stop() {
    this.#last = null;
    this.#show();
  }

  /** As fast as it goes now. */
  get pace() {
    return Math.max(this.speed, this.isGoing ? this.#pace : 0);
  }

  /** Go on, to the end or until that time. */
  go(until = Infinity) {
    const least = (until - this.#at) / 1e6 / WAIT_SECONDS;

    if (this.#at >= this.end) this.#at = 0;
    this.#until = until;
    this.#pace = Number.isFinite(least) ? least : 0;
    if (this.isGoing) return;
    this.#last = performance.now();
    requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(now) {
    if (!this.isGoing) return;
    const limit = Math.min(this.end, this.#until);
    const passed = Math.max(0, now - this.#last);

    this.#last = now;
    this.#at = Math.min(limit, this.#at + passed * 1000 * this.pace);
    if (this.#at >= limit) {
      this.stop();
      return;
    }
    if (!this.isCalm || now - this.#shown >= CALM_MS) {
      this.#shown = now;
      this.#show();
    }
    requestAnimationFrame((next) => this.#tick(next));
  }
}
