/*
 * Messages in flight, over the ring.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A message takes some milliseconds, which nobody would see: each is drawn for as
 * long as an eye needs, if its own time is shorter. Who wants less motion gets
 * messages that stand where they are on their way.
 */
import { fitCanvas } from "./elements.js";
import { Ring } from "./ring.js";
import { drawCross, drawShape } from "./shapes.js";

/** So long a message is seen, in seconds of the person who watches. */
const SEEN_SECONDS = 0.45;
/** Of these that are the newest, at most. */
const DRAWN_MAX = 600;
/** The two directions of a link are so far apart. */
const APART = 7;

/** How far a message has come at a time, from 0 to 1; more: it is seen no more. */
function progress(message, at, least) {
  const own = message.ended - message.sent;

  return (at - message.sent) / Math.max(Number.isFinite(own) ? own : 0, least);
}

export class Flight {
  #canvas;

  constructor(canvas) {
    this.#canvas = canvas;
  }

  #place({ from, to }, share, count) {
    const a = Ring.place(from, count);
    const b = Ring.place(to, count);
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    const edge = (Ring.size(count) + 6) / length;
    const along = edge + share * (1 - 2 * edge);

    return {
      x: a.x + (b.x - a.x) * along - ((b.y - a.y) / length) * APART,
      y: a.y + (b.y - a.y) * along + ((b.x - a.x) / length) * APART,
    };
  }

  /** `speed`: seconds of the run in one of the person; `isStill`: no motion. */
  show(run, at, { speed, isStill, colours }) {
    const box = this.#canvas.getBoundingClientRect();
    const context = fitCanvas(this.#canvas, box.width, box.height);
    const zoom = box.width / Ring.width;
    const least = SEEN_SECONDS * 1e6 * speed;
    const back = Math.max(least, run.longestFlight);
    const messages = run.messagesSent(at - back, at).slice(-DRAWN_MAX);

    context.scale(zoom, zoom);
    this.drawn = 0;
    for (const message of messages) {
      const share = progress(message, at, least);

      if (share > 1) continue;
      this.#draw(context, message, isStill ? 0.5 : share, run, colours);
      this.drawn++;
    }
  }

  /* One that is lost comes half of the way. */
  #draw(context, message, share, run, colours) {
    const isGone = message.isLost && share >= 0.5;
    const place = this.#place(message, isGone ? 0.5 : share, run.nodeCount);

    if (isGone) {
      context.save();
      context.globalAlpha = Math.max(0, 2 - 2 * share);
      context.translate(place.x, place.y);
      drawCross(context, 5, colours("--outage"), 1);
      context.restore();
      return;
    }
    drawShape(context, { ...message, ...place, scale: 1 }, colours);
  }
}
