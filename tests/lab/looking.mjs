/*
 * How the page looks, and how fast.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import { availableParallelism, loadavg } from "node:os";
import {
  browser,
  metricsShown,
  openLesson,
  say,
  setSpeed,
  setTime,
  take,
  textOf,
  write,
} from "./person.mjs";

const FRAME_MS = 100;

const isNarrowEnough = () =>
  browser.look(
    "document.documentElement.scrollWidth <= document.documentElement.clientWidth",
  );

/** Each lesson leads through all its steps, without a complaint. */
export async function everyLessonLeadsThrough() {
  const names = await browser.look(
    "[...document.querySelectorAll('.lesson-text')].map((l) => l.dataset.name)",
  );

  assert.ok(names.length >= 16);
  for (const name of names) {
    await openLesson(name);
    const count = Number(/\d+$/.exec(await textOf("step-count")));

    assert.ok(count >= 3 && count <= 5, `${name}: ${count} steps`);
    for (const verdict of await browser.look(
      "[...document.querySelectorAll('.verdict')].map((v) => v.textContent)",
    ))
      assert.equal(verdict, "✓ every expectation held", name);
  }
  say(`${names.length} lessons, of three to five steps; all they expect holds`);
}

/** Who leads and is past its lease says so, and who has none goes on. */
export async function whoDoesNotActSaysSo() {
  await openLesson("16-lease");
  await setSpeed(-1);
  await showStep(4, 20000);
  const idle = await browser.look(
    `[...document.querySelectorAll(".stage")].map((stage) =>
       [...stage.querySelectorAll(".node")].filter((node) =>
         /leads.*does not act/.test(node.getAttribute("aria-label"))).length)`,
  );

  assert.deepEqual(idle, [0, 1]);
  await take("lease");
  say(
    "past its lease a leader is labelled 'does not act'; without one none is",
  );
}

export async function takePictures() {
  const views = [
    ["light", "01-cloudflare", "light", 1400, 1000, 3],
    ["dark", "06-bridge", "dark", 1400, 1000, 1],
    ["light", "09-learners", "light", 1400, 1000, 1],
    ["phone", "04-cut-off", "light", 390, 844, 1],
    ["phone", "07-stalled-disk", "dark", 390, 844, 1],
  ];

  await setSpeed(-1);
  for (const [kind, lesson, scheme, width, height, steps] of views) {
    await browser.prefer(scheme);
    await browser.resize(width, height, width < 600);
    await openLesson(lesson);
    await showStep(steps);
    assert.ok(await isNarrowEnough(), `${lesson}: wider than ${width}`);
    await browser.look("scrollTo(0, 0)");
    await take(`${kind}-${scheme}-${lesson}`);
    if (width < 600) {
      await browser.look("document.querySelector('.stage').scrollIntoView()");
      await take(`${kind}-${scheme}-${lesson}-below`);
    }
  }
  await browser.resize(1400, 1000);
  await browser.prefer("light");
  say("five lessons in pictures: light, dark, phone");
}

/** At once to a step and a little behind it: whoever goes a step back is there at
 *  once. */
async function showStep(step, behindUs = 400000) {
  for (let forward = 0; forward <= step; forward++)
    await browser.click("#step-on");
  await browser.click("#step-back");
  assert.equal(await textOf("play"), "Play");
  await setTime(`Number(slider.value) + ${behindUs}`);
}

/** What README shows: a picture of the middle of the first lesson. */
export async function takeTheReadmesPicture() {
  await browser.resize(1180, 800);
  await openLesson("01-cloudflare");
  await setSpeed(-1);
  await showStep(2);
  await setTime("5750000");
  await browser.look("document.getElementById('lesson').scrollIntoView()");
  const picture = await take("lab");

  assert.ok(picture.length < 200000, `${picture.length} bytes`);
  say(`the picture for README.md has ${picture.length} bytes`);
}

/** The processor's time that the page has taken, in seconds. */
async function processorTime() {
  const { metrics } = await browser.call("Performance.getMetrics");

  return metrics.find(({ name }) => name === "TaskDuration").value;
}

/** Frames with seven nodes and a thousand messages a second: the longest of each
 *  of some stretches, and what one takes of the processor on average. */
export async function framesAreShort() {
  await write(
    "nodes 7\nclient every 20ms\nrun until stable 2T within 20T\nrun 6T\n",
  );
  const [{ messages }] = await metricsShown();
  const seconds = (await browser.look("Number(slider.max)")) / 1e6;
  const rate = Number(messages) / seconds;

  assert.ok(rate >= 1000, `only ${rate} messages a second`);
  await browser.call("Performance.enable", { timeDomain: "threadTicks" });
  const before = await processorTime();
  const { gaps, count } = await browser.look(`(async () => {
    const slider = document.getElementById("slider");
    const speed = document.getElementById("speed");
    const gaps = [];
    let count = 0;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    speed.value = "0";
    speed.dispatchEvent(new Event("input"));
    slider.value = "3500000";
    slider.dispatchEvent(new Event("input"));
    document.getElementById("play").click();
    for (let second = 0; second < 4; second++) {
      let gap = 0, last = await frame();
      const begun = last;
      while (last - begun < 700) {
        const now = await frame();
        gap = Math.max(gap, now - last);
        last = now;
        count++;
      }
      gaps.push(gap);
    }
    document.getElementById("play").click();
    return { gaps, count };
  })()`);
  const gap = gaps.sort((a, b) => a - b)[gaps.length >> 1];
  const taken = ((await processorTime()) - before) * 1000;

  say(
    `7 nodes, ${Math.round(rate)} messages a second: the longest gap between ` +
      `frames ${gap.toFixed(0)} ms (median of four), the processor's time of ` +
      `one ${(taken / count).toFixed(1)} ms (mean of ${count})`,
  );
  assert.ok(count >= 8, `only ${count} frames`);
  assert.ok(taken / count <= FRAME_MS, "a frame takes too much");
  /* With more to do than processors, gaps are those of the machine. */
  if (loadavg()[0] <= availableParallelism())
    assert.ok(gap <= FRAME_MS, "a frame takes too long");
}

export async function whoWantsLessMotionGetsLess() {
  await browser.prefer("light", "reduce");
  const rate = await browser.look(`(async () => {
    const now = document.getElementById("now");
    const times = [];
    new MutationObserver(() => times.push(performance.now())).observe(now,
      { childList: true, characterData: true, subtree: true });
    document.getElementById("play").click();
    while (times.length < 5)
      await new Promise((done) => setTimeout(done, 50));
    document.getElementById("play").click();
    return 4000 / (times[4] - times[0]);
  })()`);

  assert.ok(rate < 5, `${rate} pictures a second`);
  await browser.prefer("light");
  say(`with less motion: ${rate.toFixed(1)} pictures a second`);
}
