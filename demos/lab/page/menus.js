/*
 * What can be done to a node, and to a link: each a statement of the language,
 * which stands beside its name.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */

const whenRunning = (node, what) => [
  ["Crash it", `crash ${node}`],
  ["Cut its power", `poweroff ${node}`],
  what.state === "paused"
    ? ["Let it go on", `resume ${node}`]
    : ["Pause it", `pause ${node}`],
];

const whenDown = (node) => [
  ["Start it again", `restart ${node}`],
  ["Lose its disk", `wipe ${node}`],
];

/** Deeds to a node as it is: [name, statement]. */
export function nodeDeeds(what) {
  const node = `n${what.node}`;

  return [
    ...(what.state === "down" ? whenDown(node) : whenRunning(node, what)),
    ["Isolate it", `isolate ${node}`],
    ["Heal its links", `heal ${node} - others`],
    what.disk === "ok"
      ? ["Slow disk", `disk ${node} 100ms..300ms`]
      : ["Disk as it was", `disk ${node} 0ms..1ms`],
    what.disk === "stalled"
      ? ["Let its disk write", `disk ${node} ok`]
      : ["Stall its disk", `disk ${node} stall`],
    what.clock === 1
      ? ["Fast clock", `clock ${node} rate 1.5`]
      : ["True clock", `clock ${node} rate 1`],
    ["Let it campaign", `campaign ${node}`],
    ["Let it lead", `transfer ${node}`],
    ["Remove it", `remove ${node}`],
    ["Add it as a learner", `add-learner ${node}`],
    ["Promote it", `promote ${node}`],
  ];
}

/** Deeds to a link. */
export function linkDeeds(from, to) {
  const a = `n${from}`;
  const b = `n${to}`;

  return [
    ["Cut it both ways", `cut ${a} - ${b}`],
    [`Cut from ${a} to ${b}`, `cut ${a} -> ${b}`],
    [`Cut from ${b} to ${a}`, `cut ${b} -> ${a}`],
    ["Heal it", `heal ${a} - ${b}`],
    ["Lose a third", `link ${a} - ${b} loss 33%`],
    ["Make it slow", `link ${a} - ${b} latency 200ms..400ms`],
    ["As it was", `link ${a} - ${b} default`],
  ];
}

const setOf = (nodes) => `{${nodes.map((node) => `n${node}`).join(" ")}}`;

export const partitionDeed = (one, other) =>
  `partition ${setOf(one)} ${setOf(other)}`;
