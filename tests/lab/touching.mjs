/*
 * What is done by mouse and by keys becomes a line of the scenario.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import {
  browser,
  choose,
  linesOf,
  metricsShown,
  openLesson,
  press,
  run,
  say,
  setTime,
  textOf,
  tick,
  valueOf,
  write,
} from "./person.mjs";

export async function aLinkIsCutByMouse() {
  await openLesson("01-cloudflare");
  const lesson = await valueOf("text");

  await write(lesson.replace("cut L - F\n", ""));
  await browser.click("#step-back");
  await browser.click("#step-back");
  const [, before] = await metricsShown();

  assert.equal(before["leader-changes"], "0");
  await browser.click('.stage:first-child [data-link="1 2"] .hit');
  await choose("cut n1 - n2");
  const [baseline, prevote] = await metricsShown();

  assert.ok((await linesOf()).includes("cut n1 - n2"));
  assert.equal(baseline.build, "baseline");
  assert.ok(Number(baseline["leader-changes"]) >= 1);
  assert.ok(Number(baseline["term-growth"]) >= 1);
  assert.equal(prevote["leader-changes"], "0");
  assert.equal(prevote["term-growth"], "0");
  say(
    "clicked the link of n1 and n2, and 'Cut it both ways': the text has " +
      `'cut n1 - n2'; baseline changed its leader ` +
      `${baseline["leader-changes"]} time(s), prevote ` +
      `${prevote["leader-changes"]} times`,
  );
  await run(() => browser.click("#undo"));
  assert.ok(!(await linesOf()).includes("cut n1 - n2"));
  say("clicked Undo: the line is gone");
}

/** By keys alone: Tab to the ring, an arrow to n2, Enter; Enter in the menu. */
export async function aNodeIsCrashedByKeys() {
  await openLesson("05-crash");
  const active = () =>
    browser.look("document.activeElement.getAttribute('aria-label') ?? ''");

  await browser.look("document.getElementById('lessons').focus()");
  for (let tab = 0; tab < 12 && !/^n1/.test(await active()); tab++)
    await browser.key("Tab");
  assert.match(await active(), /^n1 .*(leads|follows), term \d/);
  await browser.key("ArrowRight");
  assert.match(await active(), /^n2 /);
  await browser.key("Enter");
  await browser.until("document.getElementById('menu').open", "a menu");
  await browser.key("Tab");
  await run(() => browser.key("Enter"));
  assert.equal(
    await browser.look("document.getElementById('menu').open"),
    false,
  );
  const deed = (await textOf("told")).replace("Written: ", "");

  assert.match(deed, /^(crash|poweroff) n2$/);
  assert.ok((await linesOf()).includes(deed));
  await browser.until(
    "document.querySelector('[data-node=\"2\"]').classList.contains('down')",
    "n2 is drawn as down",
  );
  say(`pressed Tab, ArrowRight, Enter, Tab, Enter: the text has '${deed}'`);
}

export async function aLineDividesTheNetwork() {
  await openLesson("05-crash");
  const box = await browser.look(`(() => {
    document.querySelector(".ring svg").scrollIntoView({ block: "center" });
    const { x, y, width, height } =
      document.querySelector(".ring svg").getBoundingClientRect();
    return { x, y, width, height };
  })()`);
  const at = (across, down) => ({
    x: box.x + box.width * across,
    y: box.y + box.height * down,
  });

  await run(() => browser.drag(at(0.05, 0.62), at(0.95, 0.62)));
  assert.ok((await linesOf()).includes("partition {n1 n2 n5} {n3 n4}"));
  say("drew a line: the text has 'partition {n1 n2 n5} {n3 n4}'");
}

/** Into the middle of a repeat, which is written out for it. */
export async function aRepeatIsWrittenOut() {
  await openLesson("03-flapping");
  await setTime("8500000");
  await browser.click('.stage:nth-child(2) [data-node="3"] .body');
  await choose("pause n3");
  const lines = await linesOf();
  const place = lines.indexOf("pause n3");

  assert.ok(!lines.some((line) => /^\s*repeat/.test(line)));
  assert.equal(lines.filter((line) => line === "isolate F").length, 4);
  /* In the second round, which is where the time was. */
  assert.equal(
    lines.slice(0, place).filter((line) => line === "isolate F").length,
    2,
  );
  assert.match(lines[place - 1], /^run \d+ms$/);
  assert.match(lines[place + 1], /^run \d+ms$/);
  const [before, after] = [place - 1, place + 1].map((index) =>
    Number(/\d+/.exec(lines[index])),
  );

  assert.equal(before + after, 2000);
  say("paused n3 within a repeat: its four rounds are written out, one parted");
}

export async function aNodeGetsAnotherBuild() {
  await openLesson("05-crash");
  await browser.click('.stage:nth-child(2) [data-node="4"] .body');
  await press("Another build, from its first start");
  await press("None");
  await tick("prevote");
  await run(() => press("Take this build"));
  const lines = await linesOf();
  const badges = await browser.look(
    `[...document.querySelectorAll('[data-node="4"] .badge')].map(
       (badge) => badge.textContent)`,
  );

  assert.equal(
    lines.indexOf("build n4 = prevote"),
    lines.indexOf("client  every 20ms") + 1,
  );
  assert.deepEqual(badges, ["prevote", "prevote"]);
  say(
    "chose a build for n4: the text has 'build n4 = prevote', and n4 says so",
  );
}

/** By keys alone: Enter, Space and Tab. What would be unsafe cannot be chosen, and
 *  becomes possible with what it needs; which then cannot be taken away. */
export async function aBuildIsPutTogetherByKeys() {
  const wanted = "stickiness+checkquorum+fencing";
  const boxes = async () =>
    Object.fromEntries(
      await browser.look(
        `[...document.querySelectorAll("#menu-items label")].map((label) =>
           [label.querySelector("input").value, {
             checked: label.querySelector("input").checked,
             disabled: label.querySelector("input").disabled,
             text: label.textContent.trim() }])`,
      ),
    );
  const active = () => browser.look("document.activeElement.value ?? ''");

  await openLesson("05-crash");
  await browser.look("document.querySelector('.build button').focus()");
  await browser.key("Enter");
  await browser.until("document.getElementById('menu').open", "a menu");
  const before = await boxes();

  assert.equal(Object.keys(before).length, 8);
  assert.ok(Object.values(before).every(({ checked }) => !checked));
  assert.ok(before.fencing.disabled && before.catchup.disabled);
  assert.equal(
    before.fencing.text,
    "fencing unsafe without stickiness and checkquorum",
  );
  for (const module of wanted.split("+")) {
    for (let tab = 0; tab < 9 && (await active()) !== module; tab++)
      await browser.key("Tab");
    assert.equal(await active(), module);
    await browser.key("Space");
  }
  const after = await boxes();

  assert.ok(after.fencing.checked && after.stickiness.checked);
  assert.ok(after.stickiness.disabled && after.checkquorum.disabled);
  assert.equal(after.stickiness.text, "stickiness needed by fencing");
  assert.equal(await textOf("menu-title"), "One build");
  await browser.look(`[...document.querySelectorAll("#menu-items button")]
    .find((button) => button.textContent === "Take this build").focus()`);
  await run(() => browser.key("Enter"));
  assert.equal((await metricsShown())[0].build, wanted);
  assert.equal(
    await browser.look("document.querySelector('.build button').textContent"),
    wanted,
  );
  await noBuildIsUnsafe();
  say(
    `by keys: a box for each of ${Object.keys(before).length} modules; ` +
      `${before.fencing.text}; put together: ${wanted}`,
  );
}

/** Whatever is ticked, in any order, is a build that there is. */
async function noBuildIsUnsafe() {
  await browser.click(".build button");
  await browser.until("document.getElementById('menu').open", "a menu");
  const names = await browser.look(`(() => {
    const names = new Set();
    let state = 1;
    for (let round = 0; round < 2000; round++) {
      const boxes = [...document.querySelectorAll("#menu-items input")].filter(
        (box) => !box.disabled);
      state = (state * 48271) % 2147483647;
      boxes[state % boxes.length].click();
      names.add(document.querySelector("#menu-items .name").textContent);
    }
    return [...names];
  })()`);

  for (const name of names) {
    const modules = name.split("+");
    const has = (module) => modules.includes(module);

    assert.ok(!has("catchup") || has("prevote"), name);
    assert.ok(
      !has("fencing") || (has("stickiness") && has("checkquorum")),
      name,
    );
  }
  assert.equal(names.length, 120);
  await browser.key("Escape");
}

/** An expectation is marked once it was asked, not before. */
export async function whatDoesNotHoldIsMarked() {
  await write(
    "nodes 3\nrun until leader within 20T\nrun 1T\nexpect leaders = 1\n" +
      "expect leaders = 2\n",
  );
  const marks = () =>
    browser.look(
      `["held", "failed"].map((mark) =>
         [...document.querySelectorAll("#gutter ." + mark)].map(
           (line) => line.textContent.trim().replace(/ +/, " ")))`,
    );

  await setTime("0");
  assert.deepEqual((await marks())[1], []);
  await setTime("slider.max");
  assert.deepEqual(await marks(), [["✓ 2", "✓ 4"], ["▶✗ 5"]]);
  say("an expectation that does not hold: '✗ 5' beside its line, '✓ 4' above");
}

export async function everythingHasAName() {
  const { nodes } = await browser.call("Accessibility.getFullAXTree");
  const roles = [
    "button",
    "slider",
    "textbox",
    "combobox",
    "spinbutton",
    "image",
  ];
  const touched = nodes.filter(
    ({ ignored, role }) => !ignored && roles.includes(role?.value),
  );
  const nameless = touched.filter(({ name }) => !name?.value);

  assert.ok(touched.length > 25);
  assert.deepEqual(
    nameless.map(({ role }) => role.value),
    [],
  );
  say(`${touched.length} things to use or to look at, and each has a name`);
}

/** What 'Next message' says, each time that it is pressed. */
async function thingsAhead(count) {
  const things = [await textOf("things")];

  for (let time = 0; time < count; time++) {
    await browser.click("#on");
    things.push(await textOf("things"));
  }
  return things;
}

/** It is sent, and arrives some moments later; over a cut it is lost. */
export async function messagesAreFollowedOneByOne() {
  await openLesson("12-transfer");
  const things = await thingsAhead(20);
  const first = (pattern) => things.findIndex((text) => pattern.test(text));
  const sent = first(/sent: n\d → n\d timeout-now/);
  const arrived = first(/arrived: n\d → n\d timeout-now/);

  assert.match(things[0], /done: transfer n\d/);
  assert.ok(sent >= 0 && sent < arrived, `${sent}, ${arrived}`);
  await openLesson("01-cloudflare");
  await setTime("3200000");
  const lost = (await thingsAhead(20)).filter((text) =>
    /lost: n[12] → n[12] append/.test(text),
  );

  assert.ok(lost.length > 0);
  say(
    `pressed 'Next message': timeout-now left at press ${sent} and arrived at ` +
      `press ${arrived}; over the cut ${lost.length} were lost`,
  );
}
