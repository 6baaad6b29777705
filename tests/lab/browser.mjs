/*
 * A browser without a window, driven over its DevTools protocol through a pipe.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
  "--headless=new",
  "--remote-debugging-pipe",
  "--no-sandbox",
  "--no-first-run",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--force-color-profile=srgb",
];
const WAIT_MS = 60000;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Browser {
  #process;
  #folder;
  #session;
  #id = 0;
  #asked = new Map();
  #rest = "";
  /** What the page complained of: errors, and what its policy refused. */
  complaints = [];
  /** Addresses that it asked for. */
  requests = [];

  static async open(program = "chromium") {
    const browser = new Browser();

    browser.#folder = mkdtempSync(join(tmpdir(), "lab-"));
    browser.#process = spawn(
      program,
      [...FLAGS, `--user-data-dir=${browser.#folder}`, "about:blank"],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    browser.#process.stdio[4].setEncoding("utf8");
    browser.#process.stdio[4].on("data", (text) => browser.#hear(text));
    await browser.#attach();
    return browser;
  }

  async close() {
    const gone = new Promise((done) => this.#process.once("exit", done));

    this.#process.kill();
    await gone;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 50 });
  }

  /* ------------------------------------------------------------ protocol */

  #hear(text) {
    const parts = (this.#rest + text).split("\0");

    this.#rest = parts.pop();
    for (const part of parts) this.#take(JSON.parse(part));
  }

  #take({ id, error, result, method, params }) {
    const asked = this.#asked.get(id);

    this.#asked.delete(id);
    if (error !== undefined) asked?.reject(new Error(error.message));
    else asked?.resolve(result);
    if (method === "Runtime.exceptionThrown")
      this.complaints.push(params.exceptionDetails.exception?.description);
    if (method === "Log.entryAdded") this.complaints.push(params.entry.text);
    if (method === "Network.requestWillBeSent")
      this.requests.push(params.request.url.slice(0, 100));
  }

  call(method, params = {}) {
    const id = ++this.#id;
    const question = { id, method, params, sessionId: this.#session };

    this.#process.stdio[3].write(`${JSON.stringify(question)}\0`);
    return new Promise((resolve, reject) =>
      this.#asked.set(id, { resolve, reject }),
    );
  }

  async #attach() {
    const { targetInfos } = await this.call("Target.getTargets");
    const { targetId } = targetInfos.find(({ type }) => type === "page");
    const { sessionId } = await this.call("Target.attachToTarget", {
      targetId,
      flatten: true,
    });

    this.#session = sessionId;
    for (const domain of ["Page", "Runtime", "Log", "Network"])
      await this.call(`${domain}.enable`);
  }

  /* ---------------------------------------------------------------- seeing */

  /** The value of an expression in the page. */
  async look(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });

    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  }

  /** Wait until an expression holds. */
  async until(expression, what = expression) {
    const limit = Date.now() + WAIT_MS;

    while (!(await this.look(expression))) {
      if (Date.now() > limit)
        throw new Error(`in vain: ${what}; ${this.complaints.join("; ")}`);
      await pause(20);
    }
  }

  /** A picture of what is in view, as bytes. */
  async picture() {
    const { data } = await this.call("Page.captureScreenshot", {
      format: "png",
    });

    return Buffer.from(data, "base64");
  }

  /** "light" or "dark"; motion: "reduce" or "no-preference". */
  prefer(scheme, motion = "no-preference") {
    return this.call("Emulation.setEmulatedMedia", {
      features: [
        { name: "prefers-color-scheme", value: scheme },
        { name: "prefers-reduced-motion", value: motion },
      ],
    });
  }

  resize(width, height, mobile = false) {
    return this.call("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile,
    });
  }

  /** Open an address, and wait until an expression holds there. */
  async go(address, expression) {
    await this.call("Page.navigate", { url: "about:blank" });
    await this.call("Page.navigate", { url: address });
    await this.until(
      `document.readyState === 'complete' && ${expression}`,
      `${address.slice(0, 60)}: ${expression}`,
    );
  }

  /* -------------------------------------------------------------- touching */

  async #middle(selector) {
    const place = await this.look(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      if (element === null) return null;
      element.scrollIntoView({ block: "nearest" });
      const box = element.getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    })()`);

    if (place === null) throw new Error(`nothing to click: ${selector}`);
    return place;
  }

  async #mouse(type, { x, y }, buttons) {
    await this.call("Input.dispatchMouseEvent", {
      type,
      x,
      y,
      button: "left",
      buttons,
      clickCount: 1,
    });
  }

  /** A click of the mouse in the middle of an element. */
  async click(selector) {
    const place = await this.#middle(selector);

    await this.#mouse("mouseMoved", place, 0);
    await this.#mouse("mousePressed", place, 1);
    await this.#mouse("mouseReleased", place, 0);
  }

  /** A line drawn from one place to another. */
  async drag(from, to) {
    await this.#mouse("mouseMoved", from, 0);
    await this.#mouse("mousePressed", from, 1);
    for (let share = 0.25; share <= 1; share += 0.25)
      await this.#mouse(
        "mouseMoved",
        {
          x: from.x + (to.x - from.x) * share,
          y: from.y + (to.y - from.y) * share,
        },
        1,
      );
    await this.#mouse("mouseReleased", to, 0);
  }

  /** A key that has a name: "Tab", "Enter", "ArrowRight". */
  async key(key, modifiers = 0) {
    const codes = {
      Tab: 9,
      Enter: 13,
      Escape: 27,
      Space: 32,
      ArrowLeft: 37,
      ArrowRight: 39,
    };
    const written = { Enter: "\r", Space: " " }[key];
    const text = written === undefined ? {} : { text: written };
    const event = {
      key: key === "Space" ? " " : key,
      code: key,
      windowsVirtualKeyCode: codes[key],
      modifiers,
    };

    await this.call("Input.dispatchKeyEvent", {
      type: text.text ? "keyDown" : "rawKeyDown",
      ...event,
      ...text,
    });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** Text into what has the focus. */
  type(text) {
    return this.call("Input.insertText", { text });
  }
}
