/*
 * Logs: a bar for each node that grows, its committed part filled.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { fitCanvas, put } from "./elements.js";

const ROW = 17;
const HEAD = 16;
const LABEL = 28;
const COUNTS = 92;
/** So many entries are in view; it moves on by half of them. */
const VIEW = 40;

/** The entry before the first that is in view. */
function viewBegin(nodes) {
  const last = Math.max(...nodes.map((node) => node.last));
  const half = VIEW / 2;

  return Math.max(0, Math.floor((last - 1) / half) * half - half);
}

export class Logs {
  #canvas;

  constructor(canvas) {
    this.#canvas = canvas;
    put(canvas, "role", "img");
  }

  show(run, at, colours) {
    const nodes = run.nodesAt(at);
    const width = this.#canvas.parentElement.clientWidth - 20;
    const height = HEAD + nodes.length * ROW + 4;
    const begin = viewBegin(nodes);

    this.#canvas.style.height = `${height}px`;
    const context = fitCanvas(this.#canvas, width, height);
    const cell = (width - LABEL - COUNTS) / VIEW;

    context.font = "11px system-ui, sans-serif";
    context.fillStyle = colours("--quiet");
    context.fillText(
      `logs, from entry ${begin + 1}: filled is committed`,
      LABEL,
      11,
    );
    nodes.forEach((node, index) => {
      const row = { y: HEAD + index * ROW, begin, cell, width };

      this.#drawRow(context, node, row, colours);
    });
    put(this.#canvas, "aria-label", this.#words(nodes));
  }

  #words(nodes) {
    return nodes
      .map(
        ({ node, last, committed }) =>
          `n${node}: ${last} entries, ${committed} committed`,
      )
      .join("; ");
  }

  #drawRow(context, node, { y, begin, cell, width }, colours) {
    const boxFrom = (index) =>
      LABEL + Math.min(VIEW, Math.max(0, index - begin)) * cell;
    const bar = (from, to) => [
      boxFrom(from),
      y + 3,
      Math.max(0, boxFrom(to) - boxFrom(from)),
      ROW - 6,
    ];
    const { first, committed, durable, last } = node;

    context.fillStyle = colours("--ink");
    context.fillText(`n${node.node}`, 2, y + 13);
    context.fillStyle = colours("--acks");
    context.fillRect(...bar(first, Math.min(committed, last)));
    context.lineWidth = 1;
    context.strokeStyle = colours("--acks");
    context.strokeRect(...bar(first, Math.max(durable, first)));
    context.setLineDash([2, 2]);
    context.strokeRect(...bar(first, last));
    context.setLineDash([]);
    this.#drawCells(context, { y, begin, cell, last }, colours);
    context.fillStyle = colours("--quiet");
    context.fillText(`${committed} of ${last}`, width - COUNTS + 8, y + 13);
  }

  #drawCells(context, { y, begin, cell, last }, colours) {
    const count = Math.min(VIEW, last - begin);

    context.fillStyle = colours("--paper");
    for (let index = 1; index < count; index++)
      context.fillRect(LABEL + index * cell, y + 4, 1, ROW - 8);
  }
}
