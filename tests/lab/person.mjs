/*
 * A person in front of the page: what one does, and sees, there.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of the program: the page, raft-scenario, a folder for pictures.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Browser } from "./browser.mjs";

const [, , file, native, pictures] = process.argv;

export { native, pictures };
export const page = `file://${resolve(file)}`;
export const browser = await Browser.open();
export const say = (text) => console.log(text);
export const valueOf = (id) =>
  browser.look(`document.getElementById("${id}").value`);
export const textOf = (id) =>
  browser.look(`document.getElementById("${id}").textContent`);
export const linesOf = async () => (await valueOf("text")).split("\n");

export async function take(name) {
  const picture = await browser.picture();

  writeFileSync(join(pictures, `${name}.png`), picture);
  return picture;
}

/** Nothing runs, and what is shown is of the text that stands there. */
export const rested = () =>
  browser.until("main.ariaBusy === 'false'", "the run ends");

/** Open an address; from then on runs are counted, as `runs`. */
export async function open(address) {
  await browser.go(address, "document.querySelector('.node') !== null");
  await browser.look(`(() => {
    const main = document.getElementById("main");
    window.runs = 0;
    new MutationObserver(() => (runs += main.ariaBusy === "false")).observe(
      main, { attributeFilter: ["aria-busy"] });
  })()`);
  await rested();
}

/** Do what makes something run, and wait until it has. */
export async function run(act) {
  await rested();
  const before = await browser.look("runs");

  await act();
  await browser.until(`runs > ${before}`, "a run");
  await rested();
}

/** Write a text as a person would, in place of the one that is there. */
export const write = (text) => run(() => type(text));

export async function type(text) {
  await browser.look("document.getElementById('text').focus()");
  await browser.look("document.getElementById('text').select()");
  await browser.type(text);
}

export const openLesson = (name) =>
  run(() =>
    browser.look(`(() => {
      const lessons = document.getElementById("lessons");
      lessons.value = ${JSON.stringify(name)};
      lessons.dispatchEvent(new Event("change"));
    })()`),
  );

/** The metrics that the page shows: of each build by name. */
export async function metricsShown() {
  const rows = await browser.look(
    `[...document.querySelectorAll("#found table:last-of-type tr")].map(
       (row) => [...row.children].map((cell) => cell.textContent))`,
  );
  const [head, ...others] = rows;

  return head.slice(1).map((build, place) => ({
    build,
    ...Object.fromEntries(others.map((row) => [row[0], row[place + 1]])),
  }));
}

/** Put the slider where a person would drag it. */
export function setTime(expression) {
  return browser.look(`(() => {
    const slider = document.getElementById("slider");
    slider.value = String(${expression});
    slider.dispatchEvent(new Event("input"));
  })()`);
}

export function setSpeed(power) {
  return browser.look(`(() => {
    const speed = document.getElementById("speed");
    speed.value = "${power}";
    speed.dispatchEvent(new Event("input"));
  })()`);
}

/** Click an entry of the menu by its statement. */
export async function choose(deed) {
  await browser.until("document.getElementById('menu').open", "a menu");
  const number = await browser.look(
    `[...document.querySelectorAll("#menu-items code")].findIndex(
       (code) => code.textContent === ${JSON.stringify(deed)})`,
  );

  assert.ok(number >= 0, `the menu has no ${deed}`);
  await run(() => browser.click(`#menu-items button:nth-child(${number + 1})`));
}

/** Press a button of the menu. */
export async function press(text) {
  await browser.until("document.getElementById('menu').open", "a menu");
  await browser.look(`(() => {
    for (const button of document.querySelectorAll("#menu-items button"))
      button.id = button.textContent === ${JSON.stringify(text)} ? "pressed" : "";
  })()`);
  await browser.click("#pressed");
}

/** Tick a module, or take it out. */
export const tick = (module) =>
  browser.click(`#menu-items input[value="${module}"]`);
