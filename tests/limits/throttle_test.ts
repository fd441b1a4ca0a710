import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { RepeatedTroubles } from "../../src/broker/status/repeated_troubles.ts";
import { shortKey } from "../../src/broker/status/short_key.ts";
import { Throttle } from "../../src/broker/status/throttle.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A throttle of 2 lines a subject and 5 a reason, and what it counted. */
function throttled() {
  const clock = new ManualClock();
  const rest: string[] = [];
  const throttle = new Throttle(
    clock,
    { ofOne: 2, ofReason: 5 },
    (reason, subject, count) => rest.push(`${reason} ${subject} ${count}`),
  );
  const lines = (reason: string, subject: string, times: number) => {
    let count = 0;
    for (let at = 0; at < times; at++) {
      if (throttle.admits(reason, subject, `${at}`)) count++;
    }
    return count;
  };
  return { clock, rest, throttle, lines };
}

Deno.test("throttle: no subject and no reason takes the lines of another, and what is left out is counted", () => {
  const { clock, rest, lines } = throttled();
  assert.equal(lines("late", "a", 1000), 2);
  assert.equal(lines("late", "b", 1), 1);
  assert.equal(lines("bad", "a", 3), 2);
  assert.deepEqual(rest, []);
  clock.advance(60_000);
  assert.deepEqual(rest, ["late a 998", "bad a 1"]);
  assert.equal(lines("late", "a", 1), 1, "the next minute");
});

Deno.test("throttle: the same is told once, and leaves room for others of its subject", () => {
  const { rest, throttle } = throttled();
  const admitted = ["x", "x", "x", "y", "x"].map((whom) =>
    throttle.admits("late", "a", whom)
  );
  assert.deepEqual(admitted, [true, false, false, true, false]);
  throttle.stop();
  assert.deepEqual(rest, ["late a 3"]);
});

Deno.test("throttle: many subjects together have no more lines than a reason has", () => {
  const { clock, rest, lines } = throttled();
  let count = 0;
  for (let at = 0; at < 10_000; at++) count += lines("late", `${at}`, 1);
  assert.equal(count, 5);
  assert.equal(lines("late", "0", 1), 0);
  assert.equal(lines("bad", "0", 1), 1);
  clock.advance(60_000);
  assert.deepEqual(rest, ["late 0 1", "late null 9995"]);
});

Deno.test("throttle: lines that differ anywhere are told apart, however long they are", () => {
  const { throttle } = throttled();
  const long = "x".repeat(70_000);
  const pairs: readonly (readonly [string[], string[]])[] = [
    [["a b", "c"], ["a", "b c"]],
    [["a", ""], ["a"]],
    [["a\0", "b"], ["a", "\0b"]],
    [[`${long}1`], [`${long}2`]],
    [["1", long], ["2", long]],
    [[long, "", "x"], [long, "x", ""]],
  ];
  for (const [index, [one, other]] of pairs.entries()) {
    const admits = (whom: string[]) =>
      throttle.admits(`reason ${index}`, "a", ...whom);
    assert.deepEqual(
      [admits(one), admits(other), admits(one), admits(other)],
      [true, true, false, false],
    );
  }
});

Deno.test("throttle: a key is short, whatever a peer chooses", () => {
  for (const length of [0, 1, 250, 300, 70_000]) {
    const key = shortKey("\u0001".repeat(length), null, "x");
    assert.ok(key.length < 300, `${length}: ${key.length}`);
  }
});

Deno.test("throttle: reasons without end share the lines of one, and are cut where they are told", () => {
  const { clock, rest, throttle } = throttled();
  let count = 0;
  const reason = (at: number) => `${at} ${"x".repeat(1000)}`;
  for (let at = 0; at < 1000; at++) {
    if (throttle.admits(reason(at), `${at}`)) count++;
  }
  assert.equal(count, 105);
  assert.equal(throttle.admits(reason(0), "0"), false);
  clock.advance(60_000);
  assert.deepEqual(rest, [
    `${reason(0).slice(0, 500)} 0 1`,
    "other errors null 895",
  ]);
});

Deno.test("throttle: its end tells what was left out so far", () => {
  const { clock, rest, throttle, lines } = throttled();
  lines("late", "a", 3);
  throttle.stop();
  assert.deepEqual(rest, ["late a 1"]);
  clock.advance(120_000);
  assert.equal(rest.length, 1);
});

Deno.test("throttle: too many open files is one line, then a count a minute", () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const troubles = new RepeatedTroubles(clock, {
    ...silentLog,
    trouble: (where, { message }) => told.push(`${where}: ${message}`),
  });
  const minute = (where: string) => {
    for (let at = 0; at < 600; at++) {
      troubles.tell(where, new Error("too many open files"), "accept-failed");
      clock.advance(100);
    }
  };
  minute("listener a");
  assert.deepEqual(told, [
    "listener a: too many open files",
    "listener a: too many open files (599 more times in the last minute)",
  ]);
  troubles.tell(
    "listener b",
    new Error("too many open files"),
    "accept-failed",
  );
  assert.equal(told.length, 3);
});
