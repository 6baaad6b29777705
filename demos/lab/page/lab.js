/*
 * The lab: one text, one seed and two builds, seen at one time.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import { readAddress, writeAddress } from "./address.js";
import { Builds } from "./builds.js";
import { Clock } from "./clock.js";
import { Editor } from "./editor.js";
import { find, make, put, putText } from "./elements.js";
import { found } from "./found.js";
import { Laboratory } from "./laboratory.js";
import { Lanes } from "./lanes.js";
import { legend } from "./legend.js";
import { Lesson } from "./lesson.js";
import { Lecture } from "./lecture.js";
import { Menu } from "./menu.js";
import { linkDeeds, nodeDeeds, partitionDeed } from "./menus.js";
import { Run } from "./run.js";
import { withBuild, withDeed, withTime } from "./scenario.js";
import { coloursNow } from "./shapes.js";
import { Stage } from "./stage.js";

const NAME = "lab.scenario";
/** Until then nobody need know that a run takes time. */
const BUSY_MS = 1500;
const THINGS_MAX = 12;

class Lab {
  #laboratory;
  #lessons;
  #builds = ["baseline", "prevote"];
  #every;
  #seed = 1;
  #runs = [];
  /** The text that they are of. */
  #ran = "";
  #wrong = null;
  #marksShown = null;
  #colours = coloursNow();
  #menu = new Menu();
  #lanes = new Lanes(find("lanes").querySelector("canvas"));
  #clock = new Clock(() => this.#show());
  #lecture = new Lecture(this.#clock);
  #editor = new Editor(find("text"), find("gutter"), () => this.#run());
  #stages = [0, 1].map(
    (place) =>
      new Stage(
        place === 0 ? "One build" : "Another build",
        () => this.#offerBuilds(place),
        this.#touch(place),
      ),
  );

  constructor(laboratory, lessons) {
    this.#laboratory = laboratory;
    this.#lessons = lessons;
    find("stages").append(...this.#stages.map(({ element }) => element));
    this.#listen();
    this.#offerLessons();
  }

  async open() {
    this.#every = new Builds(await this.#laboratory.open());
    await this.#openAddress();
  }

  /* ------------------------------------------------------------- opening */

  /** What the address says; a lesson if it says nothing. */
  async #openAddress() {
    const shared = await readAddress(location.hash);
    const isKnown = shared?.builds?.every((b) => this.#every.has(b));

    if (isKnown) await this.#begin(shared);
    else await this.#begin(this.#lessons[0]);
    if (shared?.refusal) this.#tell(shared.refusal);
  }

  async #begin({ text, builds, seed }) {
    this.#clock.stop();
    this.#builds = [...builds];
    this.#seed = seed;
    this.#tell("");
    this.#editor.begin(text);
    await this.#run(() => this.#lecture.begin(text, this.#runs[0]));
  }

  #offerLessons() {
    find("lessons").replaceChildren(
      make("option", { value: "" }, "a scenario of your own"),
      ...this.#lessons.map(({ name, title }) =>
        make("option", { value: name }, title),
      ),
    );
  }

  /* ------------------------------------------------------------- running */

  /** Run the text as it is, on both builds; then do what is to be done. */
  async #run(done = () => {}) {
    const busy = setTimeout(() => (find("busy").hidden = false), BUSY_MS);
    const text = this.#editor.text;

    put(find("main"), "aria-busy", "true");
    const answer = await this.#laboratory.run({
      name: NAME,
      text,
      builds: this.#builds,
      seed: this.#seed,
    });

    clearTimeout(busy);
    if (answer === null) return;
    find("busy").hidden = true;
    this.#take(text, answer);
    done();
    await this.#writeAddress(text);
    if (!this.#laboratory.isBusy) put(find("main"), "aria-busy", "false");
  }

  #take(text, { error, records }) {
    this.#ran = text;
    this.#wrong = error ?? null;
    this.#marksShown = null;
    if (records !== undefined) {
      this.#runs = records.map((record) => new Run(record));
      this.#stages.forEach((stage, place) => {
        stage.run = this.#runs[place];
      });
      this.#clock.end = Math.max(...this.#runs.map(({ end }) => end));
      put(find("slider"), "max", String(this.#clock.end));
      find("found").replaceChildren(...found(this.#runs));
    }
    this.#showChoices(text);
    this.#lecture.follow(text);
    putText(find("problem"), this.#problem());
    this.#drawStill();
    this.#clock.set(this.#clock.at);
  }

  #showChoices(text) {
    const lesson = this.#lessons.find((each) => each.text === text);

    find("seed").value = String(this.#seed);
    find("lessons").value = lesson?.name ?? "";
    this.#stages.forEach((stage, place) => stage.tell(this.#builds[place]));
  }

  /** What is wrong with the text, or what one should know of it. */
  #problem() {
    if (this.#wrong !== null) return this.#wrong;
    const [run] = this.#runs;
    const notes = run.notes.map(({ line, text }) => `${NAME}:${line}: ${text}`);

    if (this.#runs.some(({ isCropped }) => isCropped))
      notes.push("More happens than can be shown: the end of it is not.");
    return notes.join("\n");
  }

  async #writeAddress(text) {
    const hash = await writeAddress({
      builds: this.#builds,
      seed: this.#seed,
      text,
    });

    history.replaceState(null, "", `#${hash}`);
  }

  /* ------------------------------------------------------------- showing */

  /** What changes with the runs, the colours and the width, not with time. */
  #drawStill() {
    this.#lanes.show(this.#runs, this.#colours);
    const slider = find("slider");
    const begin = this.#lanes.position(0);

    /* The thumb's middle is where its time is. */
    slider.style.left = `${begin - 8}px`;
    slider.style.width = `${this.#lanes.position(this.#clock.end) - begin + 16}px`;
    find("legend").replaceChildren(...legend(this.#colours));
  }

  #show() {
    const { at, pace, isGoing, isCalm } = this.#clock;
    const [run] = this.#runs;

    if (run === undefined) {
      this.#editor.show(this.#marks(at), 0);
      return;
    }
    const look = { speed: pace, isStill: isCalm, colours: this.#colours };

    for (const stage of this.#stages) stage.show(at, look);
    this.#showTime(run, at, isGoing);
    this.#showMarks(run, at);
    find("undo").disabled = !this.#editor.canUndo;
    if (!isGoing) this.#showThings(at);
  }

  #showTime(run, at, isGoing) {
    const seconds = (at / 1e6).toFixed(4);

    find("playhead").style.left = `${this.#lanes.position(at)}px`;
    find("slider").value = String(at);
    put(find("slider"), "aria-valuetext", `${seconds} seconds`);
    putText(
      find("now"),
      `${seconds} s = ${(at / run.electionUs).toFixed(2)} T`,
    );
    putText(find("play"), isGoing ? "Pause" : "Play");
  }

  /** Marks change seldom. */
  #showMarks(run, at) {
    const { line } = run.statementAt(at);
    const key = [
      line,
      ...this.#runs.map((each) => each.answersUntil(at)),
    ].join();

    if (key === this.#marksShown) return;
    this.#marksShown = key;
    this.#editor.show(this.#marks(at), line);
    this.#editor.reveal(line);
  }

  #marks(at) {
    const marks = new Map();

    if (this.#wrong !== null) {
      const [, line] = /:(\d+):/.exec(this.#wrong) ?? [];

      return marks.set(Number(line), "wrong");
    }
    for (const run of this.#runs)
      for (const [line, { held }] of run.answersByLine(at))
        if (marks.get(line) !== "failed")
          marks.set(line, held ? "held" : "failed");
    return marks;
  }

  #showThings(at) {
    const things = this.#runs.flatMap((run) =>
      run
        .thingsAt(at)
        .slice(0, THINGS_MAX)
        .map((thing) => `${run.build}: ${thing}`),
    );
    const list = find("things");

    if (list.textContent !== things.join(""))
      list.replaceChildren(...things.map((thing) => make("li", {}, thing)));
  }

  /* ------------------------------------------------------------ touching */

  #touch(place) {
    const run = () => this.#runs[place];

    return {
      node: (node) => {
        const what = run().nodeAt(node, this.#clock.at);

        this.#clock.stop();
        this.#menu.offer(
          `n${node}`,
          nodeDeeds(what),
          (deed) => this.#do(deed, run()),
          this.#menu.entry("Another build, from its first start", () =>
            this.#offerNodeBuilds(node, what.build || run().build),
          ),
        );
      },
      link: (from, to) => {
        this.#clock.stop();
        this.#menu.offer(
          `The link between n${from} and n${to}`,
          linkDeeds(from, to),
          (deed) => this.#do(deed, run()),
        );
      },
      divided: (one, other) => this.#do(partitionDeed(one, other), run()),
    };
  }

  /** Write a deed into the scenario, at the time that is shown. */
  #do(deed, run) {
    const { at } = this.#clock;

    this.#clock.stop();
    try {
      /* What stands on a line is known of the text that was run. */
      if (this.#ran !== this.#editor.text) throw new Error("It still runs.");
      if (this.#wrong !== null) throw new Error("Mend the text first.");
      this.#editor.write(withDeed(this.#editor.text, deed, run, at));
      this.#tell(`Written: ${deed}`);
    } catch (error) {
      this.#tell(error.message);
    }
  }

  #tell(text) {
    putText(find("told"), text);
  }

  /* -------------------------------------------------------------- builds */

  #offerBuilds(place) {
    if (this.#every === undefined) return;
    this.#menu.chooseBuild(
      place === 0 ? "One build" : "Another build",
      this.#every,
      this.#builds[place],
      (build) => {
        this.#builds[place] = build;
        this.#run();
      },
    );
  }

  #offerNodeBuilds(node, current) {
    const write = (build) =>
      this.#editor.write(withBuild(this.#editor.text, node, build));

    this.#menu.chooseBuild(
      `The build of n${node}, from its first start`,
      this.#every,
      current,
      write,
      this.#menu.entry("That of the run", () => write(null)),
    );
  }

  /* ----------------------------------------------------------- listening */

  #click(id, act) {
    find(id).addEventListener("click", act);
  }

  #listen() {
    const clock = this.#clock;
    const jump = (way) => {
      const times = this.#runs.map((run) => run[`${way}Moment`](clock.at));

      clock.stop();
      clock.set(way === "next" ? Math.min(...times) : Math.max(...times));
    };

    this.#click("play", () => (clock.isGoing ? clock.stop() : clock.go()));
    this.#click("on", () => jump("next"));
    this.#click("back", () => jump("previous"));
    this.#click("undo", () => this.#editor.undo());
    this.#click("heal", () => this.#do("heal all", this.#runs[0]));
    this.#click("partition", () =>
      this.#menu.divide(this.#runs[0]?.nodeCount ?? 0, (one, other) =>
        this.#do(partitionDeed(one, other), this.#runs[0]),
      ),
    );
    this.#click("more-time", () =>
      this.#editor.write(withTime(this.#editor.text)),
    );
    this.#click("step-on", () => this.#lecture.turn(1, this.#runs[0]));
    this.#click("step-back", () => this.#lecture.turn(-1, this.#runs[0]));
    this.#click("share", () => this.#share());
    this.#click("download", () => this.#download());
    this.#click("stop", () => this.#laboratory.stop());
    this.#listenToChoices();
    this.#listenToTime();
  }

  #listenToChoices() {
    find("lessons").addEventListener("change", ({ target }) => {
      const lesson = this.#lessons.find(({ name }) => name === target.value);

      if (lesson !== undefined) this.#begin(lesson);
    });
    find("seed").addEventListener("change", ({ target }) => {
      if (!target.checkValidity() || target.value === "") return;
      this.#seed = Number(target.value);
      this.#run();
    });
    window.addEventListener("hashchange", () => this.#openAddress());
    window.addEventListener("resize", () => {
      this.#drawStill();
      this.#show();
    });
    window
      .matchMedia("(prefers-color-scheme: dark)")
      .addEventListener("change", () => {
        this.#colours = coloursNow();
        this.#drawStill();
        this.#show();
      });
  }

  #listenToTime() {
    const lanes = find("lanes").querySelector("canvas");
    const drag = (event) => {
      if (event.buttons === 0) return;
      const { left } = lanes.getBoundingClientRect();

      this.#clock.stop();
      this.#clock.set(this.#lanes.timeAt(event.clientX - left));
    };
    const speed = () => {
      this.#clock.speed = 10 ** Number(find("speed").value);
      putText(
        find("speed-text"),
        `1 s takes ${Number((1 / this.#clock.speed).toPrecision(2))} s`,
      );
      this.#show();
    };

    lanes.addEventListener("pointerdown", drag);
    lanes.addEventListener("pointermove", drag);
    find("slider").addEventListener("input", ({ target }) => {
      /* Stopping shows the time that is left. */
      const at = Number(target.value);

      this.#clock.stop();
      this.#clock.set(at);
    });
    find("speed").addEventListener("input", speed);
    speed();
  }

  /* ------------------------------------------------------------- sharing */

  async #share() {
    await this.#writeAddress(this.#editor.text);
    try {
      await navigator.clipboard.writeText(location.href);
      this.#tell("The link is in the clipboard: it is this page's address.");
    } catch {
      this.#tell("Copy this page's address: it holds everything.");
    }
  }

  #download() {
    const builds = this.#builds.map((build) => `--build ${build}`).join(" ");
    const head = `# raft-scenario ${builds} --seed ${this.#seed} FILE\n`;
    const address = URL.createObjectURL(
      new Blob([head + this.#editor.text], { type: "text/plain" }),
    );

    make("a", { href: address, download: NAME }).click();
    URL.revokeObjectURL(address);
  }
}

/* ----------------------------------------------------------------- the page */

const bytesOf = (id) =>
  Uint8Array.from(atob(find(id).textContent), (letter) => letter.charCodeAt(0));

const workerAddress = URL.createObjectURL(
  new Blob([find("worker").textContent], { type: "text/javascript" }),
);
const lessons = [...document.querySelectorAll(".lesson-text")].map(
  (element) => new Lesson(element.dataset.name, element.textContent),
);

await new Lab(
  new Laboratory(() => new Worker(workerAddress), bytesOf("module")),
  lessons,
).open();
