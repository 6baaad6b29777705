/*
 * The recorder: hears a run from the interpreter and keeps all of it, as plain
 * arrays in the order of their times, which a worker can send.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** What is kept, at most: with more, a page becomes too heavy. */
const MESSAGES_MAX = 300000;
const OTHERS_MAX = 20000;

/** Acknowledgements that are no farther apart than this make one span. */
const ACKS_APART_US = 50000;

/** Lines of a trace that are kept, the last ones. */
const TRACE_LINES = 60;

const VERDICTS = ["ok", "failed", "skipped"];
const STATES = ["down", "paused", "follower", "candidate", "alone", "leader"];

export class Recorder {
  #places = new Map();
  #waitsSince = null;

  constructor(setting, build, seed) {
    this.record = {
      ...setting,
      build,
      seed,
      end: 0,
      statements: [],
      deeds: [],
      answers: [],
      marks: [],
      states: Array.from({ length: setting.nodeCount }, () => []),
      facts: Array.from({ length: setting.nodeCount }, () => []),
      logs: Array.from({ length: setting.nodeCount }, () => []),
      links: [],
      messages: [],
      isCropped: false,
      acks: [],
      outages: [],
      metrics: [],
    };
  }

  /** Keep one more, if there is room. */
  #keep(list, item, most = OTHERS_MAX) {
    if (list.length < most) list.push(item);
    else this.record.isCropped = true;
  }

  statement(at, line) {
    this.#keep(this.record.statements, { at, line });
  }

  state(at, node, state) {
    this.record.states[node - 1].push({ at, state: STATES[state] });
  }

  node(at, node, role, leader, build, disk, clock, acts) {
    this.record.facts[node - 1].push({
      at,
      role,
      leader,
      build,
      disk,
      clock: clock / 1e6,
      acts: Boolean(acts),
    });
  }

  log(at, node, term, first, last, durable, committed) {
    const log = { at, term, first, last, durable, committed };

    this.record.logs[node - 1].push(log);
  }

  link(at, from, to, state) {
    this.#keep(this.record.links, { at, from, to, state });
  }

  deed(at, line, text) {
    this.#keep(this.record.deeds, { at, line, text });
  }

  answer(at, line, text, held, found) {
    const answer = { at, line, text, held: Boolean(held), found };

    this.#keep(this.record.answers, answer);
  }

  mark(at) {
    this.record.marks.push(at);
  }

  end(at) {
    this.record.end = at;
    if (this.#waitsSince !== null)
      this.record.outages.push({ from: this.#waitsSince, to: at });
  }

  /** An outage is a time in which a write waits and none is acknowledged. */
  writes(at, acknowledged, waits) {
    const { acks, outages } = this.record;
    const last = acks.at(-1);

    if (acknowledged) {
      if (last !== undefined && at - last.to <= ACKS_APART_US) last.to = at;
      else acks.push({ from: at, to: at });
    }
    if (this.#waitsSince !== null && (acknowledged || !waits)) {
      outages.push({ from: this.#waitsSince, to: at });
      this.#waitsSince = null;
    }
    if (waits && this.#waitsSince === null) this.#waitsSince = at;
  }

  sent(at, number, from, to, kind, refusal, text) {
    const { messages } = this.record;

    this.#places.set(number, messages.length);
    this.#keep(
      messages,
      {
        sent: at,
        ended: Infinity,
        from,
        to,
        kind,
        isRefusal: Boolean(refusal),
        isLost: false,
        text,
      },
      MESSAGES_MAX,
    );
  }

  /** Of one that comes twice, the first time counts. */
  arrived(at, number, lost) {
    const message = this.record.messages[this.#places.get(number)];

    if (message === undefined || message.ended !== Infinity) return;
    message.ended = at;
    message.isLost = Boolean(lost);
  }

  metric(name, isTime, whole, sinceMark) {
    this.record.metrics.push({
      name,
      isTime: Boolean(isTime),
      whole,
      sinceMark,
    });
  }

  result(verdict, failures, cause, prints) {
    const { outages, answers } = this.record;
    const isStatement = answers.some((answer) => answer.text === cause);

    Object.assign(this.record, {
      verdict: VERDICTS[verdict],
      failures,
      prints,
      /* What came first is a property's name, and no statement. */
      isUnsafe: cause !== "" && !isStatement,
      outages: outages.filter(({ from, to }) => to - from > ACKS_APART_US),
    });
  }
}

/** Hears the end of a trace alone. */
export class Tracer {
  lines = [];

  trace(at, line) {
    this.lines.push(`${(at / 1e6).toFixed(6)} ${line}`);
    if (this.lines.length > 2 * TRACE_LINES) this.lines.splice(0, TRACE_LINES);
  }
}
