/*
 * The legend: what the shapes of messages mean.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { fitCanvas, make } from "./elements.js";
import { drawCross, drawShape, KINDS, shapeText } from "./shapes.js";

const SIZE = 16;

function sample(paint) {
  const canvas = make("canvas", { "aria-hidden": "true" });

  canvas.style.width = `${SIZE}px`;
  canvas.style.height = `${SIZE}px`;
  paint(fitCanvas(canvas, SIZE, SIZE));
  return canvas;
}

export function legend(colours) {
  const middle = { x: SIZE / 2, y: SIZE / 2, scale: 1, isRefusal: false };
  const kinds = KINDS.map((kind) =>
    make(
      "li",
      {},
      sample((context) => drawShape(context, { kind, ...middle }, colours)),
      ` ${shapeText(kind)}`,
    ),
  );
  const cross = sample((context) => {
    context.translate(SIZE / 2, SIZE / 2);
    drawCross(context, 5, colours("--outage"), 1);
  });

  return [...kinds, make("li", {}, cross, " lost; over another: refused")];
}
