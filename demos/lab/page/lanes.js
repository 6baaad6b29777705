/*
 * The lanes: all of the time of all runs, a lane a node, as in the page of
 * raft-scenario --html. It is drawn when runs change; only the playhead moves.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { fitCanvas } from "./elements.js";

const MARGIN = 40;
const TOP = 38;
const HEAD = 32;
const LANE = 15;
const ACKS = 14;
const GAP = 10;
const TICKS_MAX = 12;

function pattern(context, size, colour, path) {
  const tile = document.createElement("canvas");

  tile.width = size;
  tile.height = size;
  const brush = tile.getContext("2d");

  brush.fillStyle = colour;
  brush.strokeStyle = colour;
  path(brush);
  return context.createPattern(tile, "repeat");
}

/** What fills a state's box, and its edge. */
function fillsOf(context, colours) {
  const stripes = (brush) => {
    brush.lineWidth = 2.5;
    brush.beginPath();
    for (const shift of [-6, 0, 6]) {
      brush.moveTo(shift, 6);
      brush.lineTo(shift + 6, 0);
    }
    brush.stroke();
  };
  const crosses = (brush) => {
    brush.lineWidth = 1.2;
    brush.strokeRect(0, 0, 5, 5);
  };
  const bars = (brush) => brush.fillRect(1, 0, 2, 6);

  return {
    leader: [colours("--leads"), colours("--leads")],
    alone: [
      pattern(context, 6, colours("--leads"), stripes),
      colours("--leads"),
    ],
    candidate: [colours("--campaigns"), colours("--edge")],
    follower: [colours("--follows"), null],
    paused: [pattern(context, 6, colours("--quiet"), bars), colours("--quiet")],
    down: [null, colours("--line")],
    outage: [
      pattern(context, 5, colours("--outage"), crosses),
      colours("--outage"),
    ],
  };
}

/** Boxes are thin for who follows, tall for who leads. */
const HEIGHTS = {
  leader: 11,
  alone: 11,
  candidate: 11,
  paused: 9,
  down: 5,
  follower: 4,
};

/** A distance between ticks that leaves few of them. */
function tickUs(end) {
  let step = 10000;

  for (let place = 0; end / step > TICKS_MAX; place++)
    step *= place % 3 === 1 ? 2.5 : 2;
  return step;
}

const bandHeight = (run) => HEAD + run.nodeCount * LANE + ACKS + GAP;

export class Lanes {
  #canvas;
  #end = 1;
  #width = 0;

  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** Where a time is, in pixels from the left. */
  position(at) {
    return MARGIN + (Math.min(at, this.#end) / this.#end) * this.#inner;
  }

  /** The time at that place. */
  timeAt(x) {
    const share = (x - MARGIN) / this.#inner;

    return Math.min(1, Math.max(0, share)) * this.#end;
  }

  get #inner() {
    return Math.max(1, this.#width - MARGIN - 8);
  }

  show(runs, colours) {
    const height = TOP + runs.reduce((sum, run) => sum + bandHeight(run), 0);
    let top = TOP;

    this.#width = this.#canvas.parentElement.clientWidth;
    this.#end = Math.max(1, ...runs.map((run) => run.end));
    this.#canvas.style.height = `${height}px`;
    const context = fitCanvas(this.#canvas, this.#width, height);
    const fills = fillsOf(context, colours);

    this.#drawAxis(context, height, colours);
    for (const run of runs) {
      this.#drawBand(context, run, top, fills, colours);
      top += bandHeight(run);
    }
  }

  #drawAxis(context, height, colours) {
    const step = tickUs(this.#end);

    context.font = "10px system-ui, sans-serif";
    context.textAlign = "center";
    for (let at = 0; at <= this.#end; at += step) {
      const x = Math.round(this.position(at)) + 0.5;

      context.strokeStyle = colours("--line");
      context.lineWidth = 0.5;
      context.beginPath();
      context.moveTo(x, TOP - 4);
      context.lineTo(x, height);
      context.stroke();
      context.fillStyle = colours("--quiet");
      context.fillText(`${Number((at / 1e6).toFixed(2))}s`, x, TOP - 8);
    }
    context.textAlign = "left";
  }

  #drawBand(context, run, top, fills, colours) {
    const acksTop = top + HEAD + run.nodeCount * LANE;

    context.font = "600 12px system-ui, sans-serif";
    context.fillStyle = colours("--ink");
    context.fillText(run.build, MARGIN, top + 12);
    context.font = "11px system-ui, sans-serif";
    run.states.forEach((changes, index) => {
      const y = top + HEAD + index * LANE;

      context.fillStyle = colours("--ink");
      context.fillText(`n${index + 1}`, 8, y + 11);
      this.#drawLane(context, changes, y, run.end, fills);
    });
    context.fillStyle = colours("--ink");
    context.fillText("acks", 8, acksTop + 10);
    this.#drawWrites(context, run, acksTop, fills, colours);
    this.#drawDeeds(context, run, top, colours);
  }

  #drawBox(context, from, to, y, height, [fill, edge]) {
    const x = this.position(from);
    const width = Math.max(1, this.position(to) - x);

    if (fill !== null) {
      context.fillStyle = fill;
      context.fillRect(x, y - height / 2, width, height);
    }
    if (edge === null) return;
    context.strokeStyle = edge;
    context.lineWidth = 0.8;
    context.strokeRect(x, y - height / 2, width, height);
  }

  #drawLane(context, changes, y, end, fills) {
    changes.forEach(({ at, state }, index) => {
      const to = changes[index + 1]?.at ?? end;

      this.#drawBox(context, at, to, y + 7, HEIGHTS[state], fills[state]);
    });
  }

  #drawWrites(context, run, top, fills, colours) {
    const acks = [colours("--acks"), null];

    for (const { from, to } of run.acks)
      this.#drawBox(context, from, to, top + 6, 6, acks);
    for (const { from, to } of run.outages)
      if (this.position(to) - this.position(from) >= 2)
        this.#drawBox(context, from, to, top + 6, 11, fills.outage);
  }

  /* A dashed line where something was done, with the number of its line. */
  #drawDeeds(context, run, top, colours) {
    let free = 0;

    context.strokeStyle = colours("--ink");
    context.fillStyle = colours("--ink");
    context.lineWidth = 0.8;
    context.font = "10px system-ui, sans-serif";
    for (const { at, line } of run.deeds) {
      const x = this.position(at);

      context.setLineDash([3, 2]);
      context.beginPath();
      context.moveTo(x, top + HEAD - 2);
      context.lineTo(x, top + bandHeight(run) - GAP);
      context.stroke();
      context.setLineDash([]);
      if (x < free) continue;
      context.fillText(String(line), x - 6, top + 26);
      free = x + 18;
    }
  }
}
