/*
 * What the lab's JavaScript keeps to; prettier has the rest.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
import js from "@eslint/js";

const readonly = (...names) =>
  Object.fromEntries(names.map((name) => [name, "readonly"]));

const ANYWHERE = readonly(
  "Blob",
  "CompressionStream",
  "DecompressionStream",
  "TextDecoder",
  "TextEncoder",
  "URL",
  "WebAssembly",
  "atob",
  "btoa",
  "clearTimeout",
  "performance",
  "setTimeout",
);
const PAGE = readonly(
  "Worker",
  "document",
  "getComputedStyle",
  "history",
  "location",
  "navigator",
  "requestAnimationFrame",
  "self",
  "window",
);
const NODE = readonly("Buffer", "console", "process");

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2023, sourceType: "module" },
    rules: {
      complexity: ["error", 12],
      eqeqeq: "error",
      "max-lines": ["error", 700],
      "max-lines-per-function": ["error", 60],
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["demos/lab/page/*.js"],
    languageOptions: { globals: { ...ANYWHERE, ...PAGE } },
  },
  {
    files: ["tests/lab/*.mjs"],
    languageOptions: { globals: { ...ANYWHERE, ...NODE } },
  },
];
