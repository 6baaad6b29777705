/*
 * What is shared with others, and what comes from them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { deflateRawSync } from "node:zlib";
import { pause } from "./browser.mjs";
import {
  browser,
  choose,
  linesOf,
  metricsShown,
  native,
  open,
  openLesson,
  page,
  pictures,
  say,
  textOf,
  valueOf,
} from "./person.mjs";

/** A link opens the same; and what is downloaded runs the same natively. */
export async function whatIsSharedIsTheSame() {
  await openLesson("06-bridge");
  await browser.click('.stage:first-child [data-node="2"] .body');
  await choose("crash n2");
  await pause(200);
  const address = await browser.look("location.href");
  const text = await valueOf("text");
  const shown = await metricsShown();

  await open(address);
  assert.equal(await valueOf("text"), text);
  assert.deepEqual(await metricsShown(), shown);
  const path = join(pictures, "lab.scenario");

  await browser.call("Browser.setDownloadBehavior", {
    behavior: "allow",
    downloadPath: resolve(pictures),
  });
  execFileSync("rm", ["-f", path]);
  await browser.click("#download");
  for (let tries = 0; !existsSync(path) && tries < 200; tries++)
    await pause(25);
  const written = readFileSync(path, "utf8");
  const [, options] = /^# raft-scenario (.*) FILE\n/.exec(written);
  const { stdout } = spawnSync(
    native,
    [...options.split(" "), "--json", "lab.scenario"],
    { cwd: pictures, encoding: "utf8" },
  );
  const runs = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

  assert.equal(written.slice(written.indexOf("\n") + 1), text);
  for (const [place, said] of runs.entries())
    for (const name of ["leader-changes", "term-growth", "acks", "messages"])
      assert.equal(
        shown[place][name],
        String((said["since-mark"] ?? said)[name]),
        name,
      );
  say(
    `a link of ${address.length} bytes opened the same; the download runs ` +
      "the same under raft-scenario",
  );
}

/** An address from a stranger that is none opens the first lesson. */
export async function aBadAddressDoesNoHarm() {
  for (const hash of ["#1/x/y/1/AAAA", "#1/baseline/prevote/1/%%%"]) {
    await open(page + hash);
    assert.match(await valueOf("text"), /Cloudflare/);
  }
  say("two bad addresses opened the first lesson");
}

/** The page that opened another one says why. */
export async function aLinkWithTooManyLinesIsRefused() {
  const packed = (lines) =>
    deflateRawSync(`nodes 3\nrun 1s${"\n".repeat(lines - 2)}`).toString(
      "base64url",
    );
  const sentence =
    "The link's scenario has more than 5000 lines: it is not shown.";

  await open(`${page}#1/baseline/prevote/1/${packed(5000)}`);
  assert.equal((await linesOf()).length, 5000);
  assert.equal(await textOf("told"), "");
  await open(`${page}#1/baseline/prevote/1/${packed(190000)}`);
  await browser.until(
    "document.getElementById('told').textContent !== ''",
    "a sentence",
  );
  assert.equal(await textOf("told"), sentence);
  assert.match(await valueOf("text"), /Cloudflare/);
  say(`a link with 190000 lines: ${sentence}`);
}

export async function thePageReachesNothing() {
  assert.ok(
    browser.requests.every((url) => /^(file|blob):/.test(url)),
    browser.requests.join(),
  );
  const refused = await browser.look(`(async () => {
    const refused = [];
    addEventListener("securitypolicyviolation", (event) =>
      refused.push(event.effectiveDirective));
    await fetch("https://example.invalid/").catch(() => null);
    document.body.append(Object.assign(new Image(),
      { src: "https://example.invalid/i.png" }));
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    await new Promise((done) => setTimeout(done, 200));
    document.querySelector("body > img").remove();
    return [...new Set(refused), String(window.ran)].sort();
  })()`);

  assert.deepEqual(refused, [
    "connect-src",
    "img-src",
    "script-src-elem",
    "undefined",
  ]);
  browser.complaints = browser.complaints.filter(
    (text) => !/Content Security Policy|example\.invalid/.test(text),
  );
  say("its policy refused a request, a picture and a script");
}
