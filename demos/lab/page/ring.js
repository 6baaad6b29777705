/*
 * The ring: nodes and the links between them, to look at and to touch.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nodes and links are buttons: a click, or Enter, opens what can be done. One of
 * them is reached by Tab, the others from it by arrows. A line drawn across the
 * ground divides the nodes into those on its two sides.
 */
import { draw, put, putText } from "./elements.js";

const WIDTH = 420;
const HEIGHT = 372;
const CENTRE = { x: WIDTH / 2, y: HEIGHT / 2 };
const RADIUS = 132;
/** The two ways of a link lie so far from its middle. */
const WAY_APART = 3;

/** Words beside a node are so far from the ring's middle, to the side. */
const WORDS_OUT = 24;

const STATE_WORDS = {
  down: "down",
  paused: "paused",
  follower: "follows",
  candidate: "asks for votes",
  alone: "leads, alone",
  leader: "leads",
};
const LINK_WORDS = {
  whole: "whole",
  cut: "cut",
  part: "cut for some messages",
  held: "held back",
  poor: "slow or lossy",
};
const SIGN = "M-6 -6 L6 6 M6 -6 L-6 6";

/** What a node is, in words. */
function nodeWords(node) {
  const isMember = node.role !== "learner" && node.role !== "removed";
  const runs = node.state === "follower";

  return runs && !isMember ? node.role : STATE_WORDS[node.state];
}

/** It says that it leads. */
const leads = ({ state }) => state === "leader" || state === "alone";

/** What else there is to say of it: that it leads and would take no write; of its disk,
 *  its clock, its build. */
function badgeWords(node, build) {
  return [
    leads(node) && !node.acts ? "does not act" : "",
    node.disk === "ok" ? "" : `disk ${node.disk}`,
    node.clock === 1 ? "" : `clock × ${node.clock}`,
    node.build === build || node.build === "" ? "" : node.build,
  ]
    .filter((word) => word !== "")
    .join(", ");
}

export class Ring {
  #touched;
  #nodes = [];
  #links = [];
  #svg;
  #stroke = null;
  #focus = 0;

  /** touched.node(node), touched.link(from, to), touched.divided(one, other). */
  constructor(touched) {
    this.#touched = touched;
    this.#svg = draw("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "group",
      "aria-label": "Nodes and links",
      pointerdown: (event) => this.#beginStroke(event),
      pointermove: (event) => this.#moveStroke(event),
      pointerup: () => this.#endStroke(),
      pointercancel: () => this.#dropStroke(),
      keydown: (event) => this.#moveFocus(event),
    });
  }

  get element() {
    return this.#svg;
  }

  /** Where a node is, in the drawing's units. */
  static place(node, count) {
    const angle = ((node - 1) * 2 * Math.PI) / count - Math.PI / 2;
    const radius = count === 1 ? 0 : RADIUS;
    /* With an odd number of them nobody stands at the bottom. */
    const drop =
      count % 2 === 1 ? (radius * (1 - Math.cos(Math.PI / count))) / 2 : 0;

    return {
      x: CENTRE.x + radius * Math.cos(angle),
      y: CENTRE.y + drop + radius * Math.sin(angle),
    };
  }

  static size(count) {
    return count <= 5 ? 27 : Math.max(10, Math.round(170 / count));
  }

  static get width() {
    return WIDTH;
  }

  /* -------------------------------------------------------------- making */

  /** Make it anew for so many nodes. */
  #make(count) {
    const pairs = [];

    for (let from = 1; from <= count; from++)
      for (let to = from + 1; to <= count; to++) pairs.push([from, to]);
    this.#links = pairs.map(([from, to]) => this.#makeLink(from, to, count));
    this.#nodes = Array.from({ length: count }, (_, index) =>
      this.#makeNode(index + 1, count),
    );
    this.#focus = 0;
    this.#svg.replaceChildren(
      draw(
        "defs",
        {},
        draw(
          "pattern",
          {
            id: "stripes",
            width: 7,
            height: 7,
            patternUnits: "userSpaceOnUse",
          },
          draw("path", { class: "stripe", d: "M0 7 L7 0 H4 L0 4 Z" }),
        ),
        draw(
          "pattern",
          { id: "bars", width: 9, height: 9, patternUnits: "userSpaceOnUse" },
          draw("path", { class: "bar", d: "M2 0 H4 V9 H2 Z" }),
        ),
      ),
      ...this.#links.map(({ group }) => group),
      ...this.#nodes.map(({ group }) => group),
    );
    this.#buttons.forEach((button, index) =>
      put(button, "tabindex", index === 0 ? "0" : "-1"),
    );
  }

  get #buttons() {
    return [...this.#nodes, ...this.#links].map(({ group }) => group);
  }

  #button(className, act) {
    return draw("g", {
      class: className,
      role: "button",
      tabindex: "-1",
      click: act,
      keydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        act();
      },
    });
  }

  #makeNode(node, count) {
    const { x, y } = Ring.place(node, count);
    const size = Ring.size(count);
    const group = this.#button("node", () => this.#touched.node(node));
    const arm = size * 0.55;
    /* Words stand outside of the ring. */
    const out = ((x - CENTRE.x) / RADIUS) * WORDS_OUT;
    const side = y < CENTRE.y - 5 ? -1 : 1;
    const word = (className, distance) =>
      draw("text", {
        class: className,
        x: out,
        y: side * (size + distance) + 4,
      });
    const about = word("about", 13);
    const badge = word("badge", 26);

    put(group, "transform", `translate(${x} ${y})`);
    put(group, "data-node", String(node));
    group.append(
      draw("circle", { class: "halo", r: size + 9 }),
      draw("circle", { class: "second", r: size + 5 }),
      draw("circle", { class: "body", r: size }),
      draw("path", {
        class: "cross",
        d: `M${-arm} ${-arm} L${arm} ${arm} M${arm} ${-arm} L${-arm} ${arm}`,
      }),
      draw("text", { class: "name", y: 5 }, `n${node}`),
      about,
      badge,
    );
    return { group, about, badge };
  }

  #makeLink(from, to, count) {
    const a = Ring.place(from, count);
    const b = Ring.place(to, count);
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    const across = {
      x: (-(b.y - a.y) / length) * WAY_APART,
      y: ((b.x - a.x) / length) * WAY_APART,
    };
    const line = (className, side) =>
      draw("line", {
        class: className,
        x1: a.x + across.x * side,
        y1: a.y + across.y * side,
        x2: b.x + across.x * side,
        y2: b.y + across.y * side,
      });
    const signAt = (share, side) =>
      draw("path", {
        class: "sign",
        d: SIGN,
        transform: `translate(${
          a.x + (b.x - a.x) * share + across.x * side
        } ${a.y + (b.y - a.y) * share + across.y * side})`,
      });
    const group = this.#button("link", () => this.#touched.link(from, to));
    const parts = {
      ways: [line("way", 1), line("way", -1)],
      /* What is cut is cut where it arrives. */
      signs: [signAt(0.64, 1), signAt(0.36, -1)],
    };

    put(group, "data-link", `${from} ${to}`);
    group.append(
      line("hit", 0),
      line("halo", 0),
      ...parts.ways,
      ...parts.signs,
    );
    return { group, from, to, ...parts };
  }

  /* ------------------------------------------------------------- showing */

  /** Show a run as it was then. */
  show(run, at) {
    if (this.#nodes.length !== run.nodeCount) this.#make(run.nodeCount);
    const links = run.linksAt(at);

    for (const node of run.nodesAt(at)) this.#showNode(run, node, at);
    for (const link of this.#links) this.#showLink(link, links);
  }

  #showNode(run, node, at) {
    const { group, about, badge } = this.#nodes[node.node - 1];
    const names = run.namesAt(node.node, at);
    const words = nodeWords(node);
    const told = node.state === "down" ? words : `${words}, term ${node.term}`;
    const badges = badgeWords(node, run.build);
    const learner = node.role === "learner" ? " learner" : "";
    const called = names.length > 0 ? ` (${names.join(", ")})` : "";

    put(group, "class", `node ${node.state}${learner}`);
    putText(about, told);
    putText(badge, names.concat(badges === "" ? [] : [badges]).join(" · "));
    put(
      group,
      "aria-label",
      `n${node.node}${called} ${told}` + (badges === "" ? "" : `, ${badges}`),
    );
  }

  #showLink({ group, from, to, ways, signs }, links) {
    const there = links.get(`${from} ${to}`) ?? "whole";
    const back = links.get(`${to} ${from}`) ?? "whole";

    [there, back].forEach((state, side) => {
      put(ways[side], "class", `way ${state}`);
      put(signs[side], "class", `sign ${state}`);
    });
    put(
      group,
      "aria-label",
      there === back
        ? `link n${from} – n${to}: ${LINK_WORDS[there]}`
        : `link n${from} to n${to}: ${LINK_WORDS[there]}; ` +
            `back: ${LINK_WORDS[back]}`,
    );
  }

  /* ------------------------------------------------------------ touching */

  #moveFocus(event) {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const buttons = this.#buttons;
    const step = steps[event.key];

    if (step === undefined) return;
    event.preventDefault();
    const from = Math.max(0, buttons.indexOf(document.activeElement));

    put(buttons[this.#focus], "tabindex", "-1");
    this.#focus = (from + step + buttons.length) % buttons.length;
    put(buttons[this.#focus], "tabindex", "0");
    buttons[this.#focus].focus();
  }

  #point(event) {
    const box = this.#svg.getBoundingClientRect();
    const scale = WIDTH / box.width;

    return {
      x: (event.clientX - box.left) * scale,
      y: (event.clientY - box.top) * scale,
    };
  }

  #beginStroke(event) {
    if (event.button !== 0 || event.target !== this.#svg) return;
    const begin = this.#point(event);

    this.#svg.setPointerCapture(event.pointerId);
    this.#stroke = {
      begin,
      end: begin,
      line: draw("line", { class: "stroke" }),
    };
    this.#svg.append(this.#stroke.line);
  }

  #moveStroke(event) {
    const stroke = this.#stroke;

    if (stroke === null) return;
    stroke.end = this.#point(event);
    put(stroke.line, "x1", String(stroke.begin.x));
    put(stroke.line, "y1", String(stroke.begin.y));
    put(stroke.line, "x2", String(stroke.end.x));
    put(stroke.line, "y2", String(stroke.end.y));
  }

  #dropStroke() {
    this.#stroke?.line.remove();
    this.#stroke = null;
  }

  /* Those on the left of the line, and those on its right. */
  #endStroke() {
    const stroke = this.#stroke;
    const sides = [[], []];

    if (stroke === null) return;
    this.#dropStroke();
    const along = {
      x: stroke.end.x - stroke.begin.x,
      y: stroke.end.y - stroke.begin.y,
    };

    if (Math.hypot(along.x, along.y) < 60) return;
    this.#nodes.forEach((_, index) => {
      const { x, y } = Ring.place(index + 1, this.#nodes.length);
      const turn =
        along.x * (y - stroke.begin.y) - along.y * (x - stroke.begin.x);

      sides[turn < 0 ? 0 : 1].push(index + 1);
    });
    if (sides.every((side) => side.length > 0)) this.#touched.divided(...sides);
  }
}
