import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

const SOURCES = new URL("../../src/", import.meta.url);
const REASONS = "session/core/reasons.ts";
/** It says each in words, and uses none. */
const WORDS = "broker/listeners/connection_words.ts";

/** The reasons of `reasons.ts`: every text in quotes, comments left out. */
function reasons(): string[] {
  const text = readFileSync(new URL(REASONS, SOURCES), "utf8");
  const code = text.replace(/\/\/.*|\/\*[^]*?\*\//g, "");
  return [...code.matchAll(/"([^"]+)"/g)].map(([, reason]) => reason);
}

Deno.test("the broker uses every reason to close, drop or pause that it names", () => {
  const code = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((path) =>
      path.endsWith(".ts") && path !== REASONS && path !== WORDS
    )
    .map((path) => readFileSync(new URL(path, SOURCES), "utf8")).join("");
  assert.ok(reasons().length > 30);
  const unused = reasons().filter((reason) => !code.includes(`"${reason}"`));
  assert.deepEqual(unused, []);
});
