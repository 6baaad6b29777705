/*
 * The address: all that is needed to see the same again, behind the #.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * #1/BUILD/BUILD/SEED/TEXT, the last one deflated, in the alphabet of base64 that
 * addresses may hold. It may come from a stranger: nothing is believed.
 */

/** Of a text, at most. A page with many more lines stands still. */
const TEXT_BYTES_MAX = 200000;
const LINES_MAX = 5000;

const VERSION = "1";

async function pass(bytes, stream, limit) {
  const chunks = [];
  let length = 0;
  const passed = new Blob([bytes]).stream().pipeThrough(stream).getReader();

  for (;;) {
    const { value, done } = await passed.read();

    if (done) break;
    length += value.length;
    if (length > limit) throw new RangeError("too long");
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function toBase64(bytes) {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

  return btoa(text)
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function fromBase64(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));

  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Resolves to what stands behind the #. */
export async function writeAddress({ builds, seed, text }) {
  const bytes = await pass(
    new TextEncoder().encode(text),
    new CompressionStream("deflate-raw"),
    Infinity,
  );

  return [VERSION, ...builds, seed, toBase64(bytes)].join("/");
}

/** Resolves to { builds, seed, text }; to null if that is no such address, to
 *  { refusal }, a sentence, if it is one that is not shown. */
export async function readAddress(hash) {
  const [version, one, other, seed, packed] = hash.replace(/^#/, "").split("/");

  if (
    version !== VERSION ||
    packed === undefined ||
    !/^[1-9]\d{0,11}$/.test(seed)
  )
    return null;
  try {
    const bytes = await pass(
      fromBase64(packed),
      new DecompressionStream("deflate-raw"),
      TEXT_BYTES_MAX,
    );
    const text = new TextDecoder().decode(bytes);

    if (text.split("\n").length > LINES_MAX)
      return {
        refusal: `The link's scenario has more than ${LINES_MAX} lines: it is not shown.`,
      };
    return { builds: [one, other], seed: Number(seed), text };
  } catch {
    return null;
  }
}
