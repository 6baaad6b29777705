/*
 * The text of a scenario, and how something that is done becomes a line of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a statement means is the interpreter's alone. Here it is only known that
 * `run` lets time pass, so that it can be parted in two at any moment, that
 * `repeat` stands for its body so many times, and which words begin the setting.
 */

/** A deed behind the last line needs time to be watched. */
const TIME_BEHIND = "run 5T";

/** A text that would be longer than this is not made by unrolling. */
const LINES_MAX = 2000;

const SETTING =
  /^\s*(title|nodes|learners|spare|election|heartbeat|latency|loss|duplicate|reorder|disk|client|reads|max-log|needs|option|term|log|build)\b/;
const RUN = /^(\s*(?:when\s[^:]*:\s*)?run\s+)(\S+)(\s*(?:#.*)?)$/;
const RUN_UNTIL =
  /^(\s*(?:when\s[^:]*:\s*)?run\s+until\s+.*\swithin\s+)(\S+)(\s*(?:#.*)?)$/;
const UNITS = { us: 1, ms: 1000, s: 1000000 };

const toLines = (text) => text.replace(/\n$/, "").split("\n");
const toText = (lines) => `${lines.join("\n")}\n`;

/** "2T" in microseconds. */
function readDuration(word, electionUs) {
  const [, number, unit] = /^([\d.]+)(us|ms|s|T)$/.exec(word);

  return Math.round(Number(number) * (unit === "T" ? electionUs : UNITS[unit]));
}

/** In the largest unit in which it is a whole number. */
function printDuration(us) {
  if (us % 1000000 === 0) return `${us / 1000000}s`;
  return us % 1000 === 0 ? `${us / 1000}ms` : `${us}us`;
}

/* -------------------------------------------------------------- repeats */

const isRepeat = (line) => /^\s*repeat\s+\d+/.test(line);
const isEnd = (line) => /^\s*end\s*(#.*)?$/.test(line);

/** The lines of the outermost `repeat` around a line, and its `end`; null: it
 *  stands in none. */
function repeatAround(lines, index) {
  let depth = 0;
  let first = 0;

  for (const [place, line] of lines.entries()) {
    if (isRepeat(line) && depth++ === 0) first = place;
    if (!isEnd(line) || --depth > 0) continue;
    if (first < index && index < place) return { first, end: place };
  }
  return null;
}

/** Its body as often as it says, each line with the number that it had. */
function unroll(numbered) {
  const result = [];

  for (let place = 0; place < numbered.length; place++) {
    const [, times] = /^\s*repeat\s+(\d+)/.exec(numbered[place].line) ?? [];
    let depth = 1;
    let end = place + 1;

    if (times === undefined) {
      result.push(numbered[place]);
      continue;
    }
    for (; depth > 0; end++) {
      if (isRepeat(numbered[end].line)) depth++;
      if (isEnd(numbered[end].line)) depth--;
    }
    const body = unroll(numbered.slice(place + 1, end - 1));

    if (body.length * Number(times) > LINES_MAX) return null;
    for (let time = 0; time < Number(times); time++) result.push(...body);
    place = end - 1;
  }
  return result;
}

/** The text in which that line, about to be done the n-th time, stands in no
 *  repeat, and where it stands then. */
function unrolled(lines, index, nth) {
  const around = repeatAround(lines, index);

  if (around === null) return { lines, index };
  const numbered = lines
    .slice(around.first, around.end + 1)
    .map((line, place) => ({ line, number: around.first + place }));
  const body = unroll(numbered);

  if (body === null) return null;
  let seen = 0;
  const place = body.findIndex(
    ({ number }) => number === index && ++seen === nth,
  );

  return {
    lines: [
      ...lines.slice(0, around.first),
      ...body.map(({ line }) => line.replace(/^\s+/, "")),
      ...lines.slice(around.end + 1),
    ],
    index: around.first + place,
  };
}

/* ---------------------------------------------------------------- deeds */

/** A line that lets time pass, as two: before a deed and behind it. */
function part(line, sinceUs, electionUs) {
  const until = RUN_UNTIL.exec(line);
  const [, head, word, tail] = until ?? RUN.exec(line) ?? [];

  if (head === undefined) return null;
  const whole = readDuration(word, electionUs);
  const before = Math.min(Math.round(sinceUs / 1000) * 1000, whole);
  const first = before > 0 ? [`run ${printDuration(before)}`] : [];
  const rest = whole - before;
  const second =
    rest > 0 || until !== null ? [`${head}${printDuration(rest)}${tail}`] : [];

  return { first, second };
}

/**
 * The text in which a deed is done at a time of a run. Throws an Error whose
 * message is for a person.
 */
export function withDeed(text, deed, run, at) {
  const statement = run.statementAt(at);
  const place = unrolled(
    toLines(text),
    statement.line - 1,
    run.timesBegun(statement.line, at),
  );

  if (place === null)
    throw new Error(
      "This moment is in a repeat that is too long to be written out: " +
        "write the line yourself.",
    );
  const { lines, index } = place;
  const parts = part(lines[index] ?? "", at - statement.at, run.electionUs);

  if (parts === null) lines.splice(index + 1, 0, deed, TIME_BEHIND);
  else lines.splice(index, 1, ...parts.first, deed, ...parts.second);
  if (parts !== null && parts.second.length === 0 && at >= run.end)
    lines.splice(index + parts.first.length + 1, 0, TIME_BEHIND);
  return toText(lines);
}

/** The text in which a node runs a build from its first start on; null: the
 *  run's. */
export function withBuild(text, node, build) {
  const lines = toLines(text);
  const own = new RegExp(`^\\s*build\\s+n${node}\\s*=`);
  const begin = lines.findIndex(
    (line) => !SETTING.test(line) && !/^\s*(#.*)?$/.test(line),
  );
  const setting = begin < 0 ? lines.length : begin;
  const kept = lines.filter(
    (line, place) => place >= setting || !own.test(line),
  );
  const last = kept.findLastIndex(
    (line, place) => place < setting && SETTING.test(line),
  );

  if (build !== null) kept.splice(last + 1, 0, `build n${node} = ${build}`);
  return toText(kept);
}

/** What stands behind the last line lets more time pass. */
export function withTime(text) {
  return toText([...toLines(text), TIME_BEHIND]);
}
