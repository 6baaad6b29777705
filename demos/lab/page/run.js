/*
 * A run that was recorded: how things were at a time, and what came when.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** The place behind the last of them that is no later than `at`. */
function placeAfter(list, at, timeOf = (item) => item.at) {
  let low = 0;
  let high = list.length;

  while (low < high) {
    const middle = (low + high) >> 1;

    if (timeOf(list[middle]) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last of them that is no later than `at`; undefined: there is none. */
const lastBefore = (list, at) => list[placeAfter(list, at) - 1];

/** What names are bound to from each `let` on: { at, bound }. */
function bindingsOf(answers) {
  const bindings = [];
  let bound = new Map();

  for (const { at, text, held, found } of answers) {
    const [, left] = /^let\s+(.*?)\s*=/.exec(text) ?? [];

    if (left === undefined || !held) continue;
    const nodes = found.match(/\{[^}]*\}|\S+/g) ?? [];

    bound = new Map(bound);
    left
      .split(/\s+/)
      .forEach((name, place) => bound.set(name, nodes[place] ?? ""));
    bindings.push({ at, bound });
  }
  return bindings;
}

const NO_LOG = { term: 0, first: 0, last: 0, durable: 0, committed: 0 };
const NO_FACTS = {
  role: "down",
  leader: 0,
  build: "",
  disk: "ok",
  clock: 1,
  acts: false,
};

export class Run {
  #moments = null;
  #bindings;

  constructor(record) {
    Object.assign(this, record);
    this.#bindings = bindingsOf(record.answers);
    this.longestFlight = this.messages.reduce(
      (longest, { sent, ended }) =>
        Number.isFinite(ended) ? Math.max(longest, ended - sent) : longest,
      0,
    );
  }

  /* -------------------------------------------------------------- nodes */

  /** All that a node is. */
  nodeAt(node, at) {
    const { state } = lastBefore(this.states[node - 1], at) ?? {
      state: "down",
    };

    return {
      ...NO_FACTS,
      ...lastBefore(this.facts[node - 1], at),
      ...NO_LOG,
      ...lastBefore(this.logs[node - 1], at),
      state,
      node,
    };
  }

  nodesAt(at) {
    return this.states.map((_, index) => this.nodeAt(index + 1, at));
  }

  /** What `let` has bound to a node by then: its names. */
  namesAt(node, at) {
    const { bound } = lastBefore(this.#bindings, at) ?? { bound: new Map() };

    return [...bound]
      .filter(([, nodes]) => nodes === `n${node}`)
      .map(([name]) => name);
  }

  /* -------------------------------------------------------------- links */

  /** "FROM TO" to what that direction is, of those that are not whole. */
  linksAt(at) {
    const links = new Map();

    for (const link of this.links.slice(0, placeAfter(this.links, at))) {
      const key = `${link.from} ${link.to}`;

      if (link.state === "whole") links.delete(key);
      else links.set(key, link.state);
    }
    return links;
  }

  /* ----------------------------------------------------------- messages */

  /** Those that were sent between two times. */
  messagesSent(from, to) {
    const timeOf = (message) => message.sent;

    return this.messages.slice(
      placeAfter(this.messages, from, timeOf),
      placeAfter(this.messages, to, timeOf),
    );
  }

  /** Every time at which something is to be seen: a message leaves or ends, a
   *  node changes, a statement begins. */
  get moments() {
    const add = (list, timeOf) => {
      for (const item of list) times.push(timeOf(item));
    };
    const times = [];

    if (this.#moments !== null) return this.#moments;
    add(this.messages, ({ sent }) => sent);
    add(this.messages, ({ ended }) => ended);
    add(this.states.flat(), ({ at }) => at);
    add(this.statements, ({ at }) => at);
    this.#moments = Float64Array.from(new Set(times.filter(Number.isFinite)));
    return this.#moments.sort();
  }

  nextMoment(at) {
    const { moments } = this;

    return moments[placeAfter(moments, at, (time) => time)] ?? this.end;
  }

  previousMoment(at) {
    const { moments } = this;
    let place = placeAfter(moments, at, (time) => time) - 1;

    while (place >= 0 && moments[place] >= at) place--;
    return moments[place] ?? 0;
  }

  /** What happens at that time, a line for a person each. */
  thingsAt(at) {
    const sent = this.messagesSent(at - 1, at).map(
      ({ text }) => `sent: ${describe(text)}`,
    );
    const ended = this.messagesSent(at - 1e6, at)
      .filter(({ ended: when }) => when === at)
      .map(({ text, isLost }) => {
        return `${isLost ? "lost" : "arrived"}: ${describe(text)}`;
      });
    const deeds = this.deeds
      .filter((deed) => deed.at === at)
      .map(({ text }) => `done: ${text}`);

    return [...deeds, ...ended, ...sent];
  }

  /* --------------------------------------------------------- statements */

  /** The statement under way. */
  statementAt(at) {
    return lastBefore(this.statements, at) ?? { at: 0, line: 0 };
  }

  /** How often the statement of a line has begun by then. */
  timesBegun(line, at) {
    return this.statements.filter(
      (statement) => statement.line === line && statement.at <= at,
    ).length;
  }

  /** How many were asked by then. */
  answersUntil(at) {
    return placeAfter(this.answers, at);
  }

  /** What each line that asks was found to be, by then or in the end. */
  answersByLine(at = Infinity) {
    const lines = new Map();

    for (const answer of this.answers) {
      if (answer.at > at) break;
      const before = lines.get(answer.line);

      if (before === undefined || before.held) lines.set(answer.line, answer);
    }
    return lines;
  }
}

/** A message as the library prints it, with nodes as a scenario names them. */
function describe(text) {
  return text.replace(/^(\d+) > (\d+)/, "n$1 → n$2");
}
