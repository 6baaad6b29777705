/*
 * The shapes of messages: a kind is told by its shape, and by its colour too.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
const circle = (context, size) => context.arc(0, 0, size, 0, 2 * Math.PI);

function polygon(context, size, corners, turn) {
  for (let corner = 0; corner < corners; corner++) {
    const angle = turn + (corner * 2 * Math.PI) / corners;

    context.lineTo(size * Math.cos(angle), size * Math.sin(angle));
  }
  context.closePath();
}

const square = (context, size) => polygon(context, size, 4, Math.PI / 4);
const diamond = (context, size) => polygon(context, size * 1.2, 4, 0);
const triangle = (context, size) =>
  polygon(context, size * 1.2, 3, -Math.PI / 2);
const hexagon = (context, size) => polygon(context, size * 1.3, 6, 0);

/** What a kind looks like; an answer is hollow. */
const SHAPES = {
  append: { draw: square, colour: "--leads", text: "entries" },
  heartbeat: { draw: circle, colour: "--leads", size: 0.7, text: "heartbeat" },
  "append-answer": {
    draw: circle,
    colour: "--follows",
    size: 0.7,
    isHollow: true,
    text: "its answer",
  },
  vote: { draw: diamond, colour: "--asks", text: "asks for a vote" },
  "vote-answer": {
    draw: diamond,
    colour: "--asks",
    isHollow: true,
    text: "its answer",
  },
  prevote: { draw: triangle, colour: "--asks", text: "asks whether it would" },
  "prevote-answer": {
    draw: triangle,
    colour: "--asks",
    isHollow: true,
    text: "its answer",
  },
  snapshot: { draw: hexagon, colour: "--extra", text: "part of a snapshot" },
  other: {
    draw: hexagon,
    colour: "--extra",
    size: 0.7,
    isHollow: true,
    text: "another",
  },
};

export const KINDS = Object.keys(SHAPES);

/** The colours of the page as they are now. */
export function coloursNow() {
  const style = getComputedStyle(document.documentElement);
  const colours = new Map();

  return (name) => {
    if (!colours.has(name)) colours.set(name, style.getPropertyValue(name));
    return colours.get(name);
  };
}

export const shapeText = (kind) => SHAPES[kind].text;

/** A message at a place; a refusal is crossed out. */
export function drawShape(context, { kind, isRefusal, x, y, scale }, colours) {
  const shape = SHAPES[kind] ?? SHAPES.other;
  const size = 5 * scale * (shape.size ?? 1);

  context.save();
  context.translate(x, y);
  context.beginPath();
  shape.draw(context, size);
  context.lineWidth = 1.6 * scale;
  context.strokeStyle = colours(shape.colour);
  context.fillStyle = colours(shape.isHollow ? "--paper" : shape.colour);
  context.fill();
  context.stroke();
  if (isRefusal) drawCross(context, size * 1.5, colours("--outage"), scale);
  context.restore();
}

/** Where something is lost or refused. */
export function drawCross(context, size, colour, scale) {
  context.beginPath();
  context.moveTo(-size, -size);
  context.lineTo(size, size);
  context.moveTo(size, -size);
  context.lineTo(-size, size);
  context.lineWidth = 1.8 * scale;
  context.strokeStyle = colour;
  context.stroke();
}
