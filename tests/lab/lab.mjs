/*
 * All tests of the page, one after another: what is clicked, and what is then seen,
 * is printed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arguments: as person.mjs has them. LAB_TIMES in the environment: how long each takes.
 */
import assert from "node:assert/strict";
import * as limits from "./limits.mjs";
import * as looking from "./looking.mjs";
import { browser, open, page, say, take } from "./person.mjs";
import * as sharing from "./sharing.mjs";
import * as touching from "./touching.mjs";

const tests = [touching, limits, looking, sharing].flatMap(Object.values);

try {
  const begun = Date.now();

  await browser.resize(1400, 1000);
  await open(page);
  say(`the page is there after ${Date.now() - begun} ms`);
  for (const test of tests) {
    const since = Date.now();

    try {
      await test();
    } catch (error) {
      await take("failed");
      error.message = `${test.name}: ${error.message}`;
      throw error;
    }
    if (process.env.LAB_TIMES) say(`  ${test.name} ${Date.now() - since} ms`);
  }
  assert.deepEqual(browser.complaints, []);
  say(`${tests.length} tests, ${Date.now() - begun} ms`);
} finally {
  await browser.close();
}
