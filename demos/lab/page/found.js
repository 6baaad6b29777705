/*
 * What was found: of each run whether it held, every expectation, every metric.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { make } from "./elements.js";

/** Those that say most, first. */
const METRICS = [
  "leader-changes",
  "unavailable",
  "term-growth",
  "elections",
  "two-leaders",
  "max-acting",
  "acks",
  "lost-acks",
];

/** As raft-scenario has it: "1.5T"; "never". */
function printTime(us, electionUs) {
  return us < 0 ? "never" : `${(us / electionUs).toFixed(1)}T`;
}

const printMetric = ({ isTime, sinceMark }, electionUs) =>
  isTime ? printTime(sinceMark, electionUs) : String(sinceMark);

function metricsTable(runs) {
  const names = runs[0].metrics.map(({ name }) => name);
  const ordered = [...METRICS, ...names.filter((n) => !METRICS.includes(n))];
  const cell = (run, name) =>
    printMetric(
      run.metrics.find((metric) => metric.name === name),
      run.electionUs,
    );

  return make(
    "table",
    {},
    make("caption", {}, "Metrics, since the last mark if there is one"),
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        make("td"),
        ...runs.map(({ build }) => make("th", { scope: "col" }, build)),
      ),
    ),
    make(
      "tbody",
      {},
      ...ordered.map((name) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, name),
          ...runs.map((run) => make("td", {}, cell(run, name))),
        ),
      ),
    ),
  );
}

function answersTable(run) {
  const answers = [...run.answersByLine().values()].filter(
    ({ text }) => !/^let\s/.test(text),
  );
  const row = ({ line, text, held, found: what }) =>
    make(
      "tr",
      {},
      make("td", {}, String(line)),
      make("td", {}, text),
      make(
        "td",
        { class: held ? "held" : "failed" },
        `${held ? "✓ held" : "✗ failed"}: ${what}`,
      ),
    );

  if (answers.length === 0) return "";
  return make(
    "table",
    {},
    make("caption", {}, `What ${run.build} was asked`),
    make("tbody", {}, ...answers.map(row)),
  );
}

/** What a property that broke was, and how it came to that. */
function violation(run) {
  if (!run.isUnsafe) return [];
  return [
    make(
      "p",
      { class: "unsafe" },
      `With ${run.build} a property broke that ` + `never may: ${run.failures}`,
    ),
    make("p", {}, "The end of its trace:"),
    make("pre", { class: "trace", tabindex: "0" }, run.trace.join("\n")),
  ];
}

/** All of it, as elements. */
export function found(runs) {
  return [
    ...runs.flatMap(violation),
    ...runs
      .filter(({ failures, isUnsafe }) => failures !== "" && !isUnsafe)
      .map(({ build, failures }) =>
        make("pre", { class: "failures" }, `${build}\n${failures}`),
      ),
    ...runs.map(answersTable),
    metricsTable(runs),
  ];
}
