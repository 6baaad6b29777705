/*
 * The builds that there are, as sets of modules: what one lacks, and what may not be
 * taken out of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
const BASELINE = "baseline";

export class Builds {
  #names;

  /** Of the names of all: the last one has every module. */
  constructor(names) {
    this.#names = new Set(names);
    this.all = names.at(-1);
    this.modules = this.all.split("+");
  }

  has(name) {
    return this.#names.has(name);
  }

  static modulesOf(name) {
    return name === BASELINE ? [] : name.split("+");
  }

  nameOf(chosen) {
    const modules = this.modules.filter((module) => chosen.has(module));

    return modules.length === 0 ? BASELINE : modules.join("+");
  }

  /** The modules that are in each build in which that one is. */
  #needs(module) {
    const having = [...this.#names]
      .map(Builds.modulesOf)
      .filter((modules) => modules.includes(module));

    return this.modules.filter(
      (other) =>
        other !== module && having.every((modules) => modules.includes(other)),
    );
  }

  /** Why a module can be neither taken in nor left out, as it stands; "": it can. */
  whyFixed(chosen, module) {
    const other = new Set(chosen);

    if (!other.delete(module)) other.add(module);
    if (this.has(this.nameOf(other))) return "";
    if (chosen.has(module)) {
      const needing = [...chosen].filter((each) =>
        this.#needs(each).includes(module),
      );

      return `needed by ${needing.join(" and ")}`;
    }
    const missing = this.#needs(module).filter((each) => !chosen.has(each));

    return `unsafe without ${missing.join(" and ")}`;
  }
}
