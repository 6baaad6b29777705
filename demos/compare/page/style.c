/*
 * How a page looks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Colours are named once for light and once for dark; paper is light. They help
 * the eye, no more: shapes, signs and words say the same.
 */
#include "demos/compare/page/style.h"

#define LIGHT                                                                  \
	"--paper: #ffffff; --ink: #1c2128; --quiet: #59636e;"                  \
	" --line: #d5dae0; --shade: #f5f7f9; --link: #0a58a6;"                 \
	" --leads: #0b62a8; --on-leads: #ffffff; --follows: #8b97a3;"          \
	" --campaigns: #f0a830; --edge: #8a4b00; --outage: #b3261e;"           \
	" --acks: #2a8c6a; --good: #11684a; --bad: #b3261e;"

#define DARK                                                                   \
	"--paper: #14181d; --ink: #e3e7eb; --quiet: #9aa5b1;"                  \
	" --line: #333b44; --shade: #1c2229; --link: #7ab7f0;"                 \
	" --leads: #5aa9e6; --on-leads: #0b1117; --follows: #6f7b87;"          \
	" --campaigns: #f0b040; --edge: #ffd890; --outage: #ff8a80;"           \
	" --acks: #4fbf95; --good: #6fd3ac; --bad: #ff8a80;"

const char page_style[] =
    ":root { " LIGHT " }\n"
    "@media screen and (prefers-color-scheme: dark) { :root { " DARK " } }\n"
    "* { box-sizing: border-box; }\n"
    "body { margin: 0; background: var(--paper); color: var(--ink);"
    " font: 15px/1.45 system-ui, sans-serif; }\n"
    "main { max-width: 1180px; margin: 0 auto; padding: 1rem 1.25rem 4rem; }\n"
    "h1 { font-size: 1.6rem; margin: 1rem 0 0.25rem; }\n"
    "h2 { font-size: 1.25rem; margin: 2.75rem 0 0; line-height: 1.3;"
    " overflow-wrap: anywhere; }\n"
    "h3 { font-size: 1rem; margin: 0; display: flex; flex-wrap: wrap;"
    " gap: 0.25rem 0.75rem; align-items: baseline; }\n"
    "p { margin: 0.25rem 0; }\n"
    "a { color: var(--link); }\n"
    ".file, .summary, .thin, caption { color: var(--quiet); }\n"
    ".file, .thin { font-size: 0.85rem; overflow-wrap: anywhere; }\n"
    ".up { margin-left: auto; font-weight: normal; font-size: 0.85rem; }\n"
    "article { border-top: 1px solid var(--line); margin-top: 1.25rem;"
    " padding-top: 0.75rem; }\n"
    "article:target { border-top: 3px solid var(--link); }\n"

    /* tables */
    "table { border-collapse: collapse; font-size: 0.85rem; }\n"
    "caption { text-align: left; padding: 0.75rem 0 0.2rem;"
    " font-weight: 600; }\n"
    "th, td { text-align: left; vertical-align: top;"
    " padding: 0.15rem 0.9rem 0.15rem 0; }\n"
    ".deeds td, .answers td { overflow-wrap: anywhere; }\n"
    ".deeds .number, .answers .ok, .answers .failed {"
    " overflow-wrap: normal; white-space: nowrap; }\n"
    "thead th { border-bottom: 1px solid var(--line); color: var(--quiet);"
    " font-weight: normal; }\n"
    "tbody th { font-weight: normal; white-space: nowrap; }\n"
    ".number { text-align: right; white-space: nowrap;"
    " font-variant-numeric: tabular-nums; }\n"
    ".matrix { font-size: 0.9rem; min-width: 40rem; }\n"
    ".matrix th, .matrix td { padding-right: 1.5rem;"
    " white-space: nowrap; }\n"
    ".matrix tbody tr + tr th { padding-left: 1rem; }\n"
    ".matrix .scenario { font-weight: 600; padding-top: 0.7rem;"
    " white-space: normal; overflow-wrap: anywhere; }\n"
    ".tables { display: flex; flex-wrap: wrap; gap: 0 2.5rem;"
    " align-items: flex-start; }\n"
    ".tables div { flex: 1 1 20rem; min-width: 0; }\n"
    ".metrics td, .metrics th { padding-top: 0; padding-bottom: 0; }\n"
    "code, pre { font: 0.8rem/1.45 ui-monospace, monospace; }\n"
    "pre { background: var(--shade); padding: 0.5rem 0.75rem;"
    " white-space: pre-wrap; overflow-wrap: anywhere; }\n"
    "pre.failures { border-left: 4px solid var(--bad); }\n"
    ".verdict { font-weight: normal; }\n"
    ".ok { color: var(--good); }\n"
    ".failed { color: var(--bad); font-weight: 600; }\n"
    ".failed a { color: inherit; }\n"
    ".skipped { color: var(--quiet); }\n"

    /* drawings */
    ".wide { overflow-x: auto; }\n"
    ".wide svg { display: block; width: 100%; min-width: 820px;"
    " margin: 0.5rem 0; }\n"
    "svg text { fill: var(--ink); font: 10px system-ui, sans-serif; }\n"
    ".patterns { position: absolute; }\n"
    ".legend { list-style: none; padding: 0; margin: 0.5rem 0;"
    " display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem;"
    " font-size: 0.85rem; }\n"
    ".sample { vertical-align: -2px; }\n"
    ".axis path { stroke: var(--line); stroke-width: 1; fill: none; }\n"
    "svg .axis text, svg .term { fill: var(--quiet); font-size: 9px;"
    " stroke: var(--paper); stroke-width: 2px; paint-order: stroke; }\n"
    "svg .node { text-anchor: end; }\n"
    ".down { fill: var(--line); }\n"
    ".paused { fill: url(#bars); stroke: var(--quiet);"
    " stroke-width: 0.7; }\n"
    ".bar { fill: var(--quiet); }\n"
    ".follower { fill: var(--follows); }\n"
    ".candidate { fill: var(--campaigns); stroke: var(--edge);"
    " stroke-width: 0.7; }\n"
    ".alone { fill: url(#stripes); stroke: var(--leads);"
    " stroke-width: 0.8; }\n"
    ".stripe { fill: var(--leads); }\n"
    ".leader { fill: var(--leads); }\n"
    ".acks { fill: var(--acks); }\n"
    ".outage { fill: url(#cross); stroke: var(--outage);"
    " stroke-width: 0.8; }\n"
    ".thread { fill: var(--outage); }\n"
    "svg .on-leader, svg .on-alone, svg .on-candidate, svg .on-paused,"
    " svg .on-down, svg .on-outage { text-anchor: middle; font-size: 9px;"
    " font-weight: 600; }\n"
    "svg .on-leader { fill: var(--on-leads); }\n"
    "svg .on-candidate { fill: #1c2128; }\n"
    "svg .on-down { fill: var(--quiet); font-weight: normal; }\n"
    "svg .on-alone, svg .on-paused, svg .on-down, svg .on-outage {"
    " stroke: var(--paper); stroke-width: 3.5px; paint-order: stroke; }\n"
    ".deed path, .mark path { fill: none; stroke: var(--ink);"
    " stroke-width: 0.8; stroke-dasharray: 3 2; opacity: 0.75; }\n"
    ".mark path { stroke-dasharray: 1 2; }\n"
    "svg .deed text, svg .mark text { text-anchor: middle;"
    " font-weight: 600; }\n"

    /* paper */
    "@media print { main { max-width: none; padding: 0; }"
    " body { font-size: 10pt; } .up { display: none; }"
    " svg, tr, h3, .legend { break-inside: avoid; }"
    " h2, h3, .summary, .failures { break-after: avoid; }"
    " .wide { overflow: visible; } .wide svg { min-width: 0; }"
    " * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }"
    " }\n";
