import assert from "node:assert/strict";
import {
  formatDuration,
  formatSize,
  parseDuration,
  parseSize,
} from "../../src/config/text/units.ts";

const durations: readonly [text: string, ms: number | null][] = [
  ["10s", 10_000],
  ["1h30m", 5_400_000],
  ["1h 30m", 5_400_000],
  ["250ms", 250],
  ["1.5s", 1500],
  ["2", 2000],
  ["2d", 172_800_000],
  ["1w", 604_800_000],
  ["0", 0],
  ["", null],
  ["-1s", null],
  ["10 parsecs", null],
  ["s", null],
  ["1s2", null],
];
for (const [text, ms] of durations) {
  Deno.test(`units: the duration "${text}" is ${ms}`, () => {
    assert.equal(parseDuration(text), ms);
  });
}

const sizes: readonly [text: string, bytes: number | null][] = [
  ["16 MiB", 16_777_216],
  ["1KB", 1000],
  ["1kib", 1024],
  ["1.5 GiB", 1_610_612_736],
  ["300", 300],
  ["300 B", 300],
  ["2 GB", 2_000_000_000],
  ["", null],
  ["MiB", null],
  ["-1", null],
  ["1 PB", null],
];
for (const [text, bytes] of sizes) {
  Deno.test(`units: the size "${text}" is ${bytes}`, () => {
    assert.equal(parseSize(text), bytes);
  });
}

Deno.test("units: what is formatted reads back as the same", () => {
  for (const ms of [0, 1, 250, 1000, 61_000, 5_400_000, 86_400_001]) {
    assert.equal(parseDuration(formatDuration(ms)), ms);
  }
  for (const bytes of [0, 1, 1000, 1024, 1536, 16_777_216, 3_221_225_472]) {
    assert.equal(parseSize(formatSize(bytes)), bytes);
  }
  assert.equal(formatDuration(5_400_250), "1h30m250ms");
  assert.equal(formatSize(16_777_216), "16 MiB");
});
