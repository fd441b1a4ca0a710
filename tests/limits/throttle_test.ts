import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { RepeatedTroubles } from "../../src/broker/status/repeated_troubles.ts";
import { Throttle } from "../../src/broker/status/throttle.ts";
import { ManualClock } from "../../src/clock/mod.ts";

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
      troubles.tell(where, new Error("too many open files"));
      clock.advance(100);
    }
  };
  minute("listener a");
  assert.deepEqual(told, [
    "listener a: too many open files",
    "listener a: too many open files (599 more times in the last minute)",
  ]);
  troubles.tell("listener b", new Error("too many open files"));
  assert.equal(told.length, 3);
});
