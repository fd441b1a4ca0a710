import assert from "node:assert/strict";
import {
  counted,
  shownSize,
  shownTime,
} from "../../src/cli/console/figures.ts";
import { Progress } from "../../src/cli/terminal/progress.ts";
import { shownPath } from "../../src/cli/console/shown_path.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/settle.ts";

Deno.test("progress: short work shows nothing", async () => {
  const clock = new ManualClock();
  let shown = "";
  const progress = new Progress("Checking:", null, clock, (text) => {
    shown += text;
  });
  clock.advance(300);
  progress.end();
  clock.advance(5000);
  await settle();
  assert.equal(shown, "");
});

Deno.test("progress: without a measure, the seconds; the line goes at the end", () => {
  const clock = new ManualClock();
  const shown: string[] = [];
  const progress = new Progress("Checking:", null, clock, (text) => {
    shown.push(text);
  });
  clock.advance(5400);
  progress.end();
  assert.equal(shown[0], "\r\x1b[KChecking: 0 s");
  assert.equal(shown.at(-2), "\r\x1b[KChecking: 5 s");
  assert.equal(shown.at(-1), "\r\x1b[K");
});

Deno.test("progress: a bar that is full only at the end", async () => {
  const clock = new ManualClock();
  let part = 0.5;
  let last = "";
  const measure = () => Promise.resolve(part);
  const progress = new Progress("Writing:", measure, clock, (text) => {
    last = text;
  });
  clock.advance(400);
  await settle();
  const half = `[${"#".repeat(15)}${"-".repeat(15)}]  50 %`;
  assert.equal(last, `\r\x1b[KWriting: ${half}`);
  part = 1.7;
  clock.advance(250);
  await settle();
  assert.match(last, /\[#{29}-\] {2}99 %$/);
  progress.end();
});

Deno.test("progress: an answer that comes after the end shows nothing", async () => {
  const clock = new ManualClock();
  const measured = Promise.withResolvers<number>();
  let shown = "";
  const progress = new Progress("W", () => measured.promise, clock, (text) => {
    shown += text;
  });
  clock.advance(400);
  progress.end();
  measured.resolve(0.5);
  await settle();
  assert.equal(shown, "");
});

Deno.test("figures: sizes, times, counts and paths as people read them", () => {
  assert.deepEqual([0, 1023, 1024, 12.34 * 1024 ** 2].map(shownSize), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "12.3 MiB",
  ]);
  assert.equal(shownTime(0), "never");
  assert.equal(shownTime(1_000_000_000_999), "2001-09-09 01:46:40 UTC");
  assert.equal(counted(1, "session"), "1 session");
  assert.equal(counted(0, "session"), "0 sessions");
  assert.equal(shownPath("/home/a/x", "/home/a"), "~/x");
  assert.equal(shownPath("/home/ab/x", "/home/a"), "/home/ab/x");
  assert.equal(shownPath("/x"), "/x");
});
