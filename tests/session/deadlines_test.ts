import assert from "node:assert/strict";
import type { Cancel, Clock } from "../../src/clock/mod.ts";
import { type Deadline, Deadlines } from "../../src/session/core/deadlines.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** How late a deadline may be (ms). */
const LATE = 100;

const START = 1_000_000_000_000;

class Entry implements Deadline {
  at = Infinity;
  tick = -1;
  readonly fired: number[] = [];
  due(now: number): void {
    this.fired.push(now - START);
  }
}

function setUp() {
  const clock = new ManualClock(START, START);
  const deadlines = new Deadlines(clock);
  const set = (entry: Entry, ms: number) => {
    entry.at = clock.now() + ms;
    deadlines.set(entry);
    return entry;
  };
  return { clock, deadlines, set, add: (ms: number) => set(new Entry(), ms) };
}

Deno.test("a deadline falls due once: never early, at most a tick late", () => {
  for (const ms of [0, 1, 99, 100, 101, 950, 1000, 12_345, 3_600_001]) {
    const { clock, add } = setUp();
    const entry = add(ms);
    clock.advance(Math.max(0, ms - 1));
    assert.deepEqual(entry.fired.filter((at) => at < ms), [], `early: ${ms}`);
    clock.advance(1 + LATE);
    assert.equal(entry.fired.length, 1, `not due: ${ms}`);
    assert.ok(entry.fired[0] >= ms && entry.fired[0] <= ms + LATE);
    assert.equal(entry.at, Infinity, "it is off again");
    clock.advance(10_000);
    assert.equal(entry.fired.length, 1, "twice");
  }
});

Deno.test("a clock that does not stand at a tick makes nothing early", () => {
  const { clock, add } = setUp();
  clock.advance(57);
  const entry = add(100);
  clock.advance(99);
  assert.deepEqual(entry.fired, []);
  clock.advance(1 + LATE);
  assert.equal(entry.fired.length, 1);
});

Deno.test("moved later by `at` alone, it waits for the new time", () => {
  const { clock, add } = setUp();
  const entry = add(1000);
  for (let packet = 0; packet < 20; packet++) {
    clock.advance(500);
    entry.at = clock.now() + 1000;
  }
  assert.deepEqual(entry.fired, []);
  clock.advance(999);
  assert.deepEqual(entry.fired, []);
  clock.advance(1 + LATE);
  assert.equal(entry.fired.length, 1);
});

Deno.test("moved earlier and set again, it is due at the earlier time", () => {
  const { clock, add, set } = setUp();
  const entry = add(60_000);
  clock.advance(1000);
  set(entry, 500);
  clock.advance(500 + LATE);
  assert.equal(entry.fired.length, 1);
  clock.advance(100_000);
  assert.equal(entry.fired.length, 1, "its first place was given up");
});

Deno.test("a cleared one is not due; it can be set again", () => {
  const { clock, deadlines, add, set } = setUp();
  const entry = add(500);
  const other = add(500);
  deadlines.clear(entry);
  assert.equal(entry.at, Infinity);
  clock.advance(1000);
  assert.deepEqual([entry.fired.length, other.fired.length], [0, 1]);
  deadlines.clear(entry);
  set(entry, 500);
  clock.advance(500 + LATE);
  assert.equal(entry.fired.length, 1);
});

Deno.test("one that never comes is kept nowhere", () => {
  const { clock, deadlines } = setUp();
  const entry = new Entry();
  deadlines.set(entry);
  assert.equal(entry.tick, -1);
  entry.at = clock.now() + 1000;
  deadlines.set(entry);
  entry.at = Infinity;
  clock.advance(10_000);
  assert.deepEqual(entry.fired, []);
  assert.equal(entry.tick, -1, "let go at its old tick");
});

Deno.test("many at many times are each due at their own", () => {
  const { clock, deadlines, add } = setUp();
  const entries = Array.from({ length: 2000 }, (_, at) => {
    const ms = at * 7919 % 30_011;
    return { ms, entry: add(ms) };
  });
  entries.forEach(({ entry }, at) => {
    if (at % 5 === 0) deadlines.clear(entry);
  });
  for (let step = 0; step < 40; step++) clock.advance(777);
  entries.forEach(({ ms, entry }, at) => {
    if (at % 5 === 0) return assert.deepEqual(entry.fired, []);
    assert.equal(entry.fired.length, 1);
    assert.ok(entry.fired[0] >= ms && entry.fired[0] <= ms + LATE);
  });
});

Deno.test("setting and clearing others while one is due works", () => {
  const { clock, deadlines, add, set } = setUp();
  const neighbour = add(1000);
  const next = new Entry();
  const first = add(1000);
  const due = first.due;
  first.due = (now) => {
    due.call(first, now);
    deadlines.clear(neighbour);
    set(next, 0);
    if (first.fired.length < 3) set(first, 200);
  };
  // Whichever of the two came first in its tick.
  clock.advance(1000 + LATE);
  assert.equal(first.fired.length, 1);
  clock.advance(LATE);
  assert.equal(next.fired.length, 1);
  clock.advance(2000);
  assert.equal(first.fired.length, 3);
});

Deno.test("a late timer makes all that fell due meanwhile due", () => {
  const tasks: (() => void)[] = [];
  let now = START;
  const clock: Clock = {
    now: () => now,
    precise: () => now,
    date: () => now,
    machine: () => null,
    suspended: 0,
    after(_ms, task): Cancel {
      tasks.push(task);
      return () => tasks.splice(tasks.indexOf(task), 1);
    },
    soon: (task) => task(),
  };
  const deadlines = new Deadlines(clock);
  const entries = [100, 5_000, 20_000, 70_000].map((ms) => {
    const entry = new Entry();
    entry.at = START + ms;
    deadlines.set(entry);
    return entry;
  });
  // The machine slept for a minute.
  now += 60_000;
  assert.equal(tasks.length, 1, "one timer for all");
  tasks.shift()!();
  assert.deepEqual(entries.map((one) => one.fired.length), [1, 1, 1, 0]);
  now += 10_000 + LATE;
  tasks.shift()!();
  assert.equal(entries[3].fired.length, 1);
});

Deno.test("the timer sleeps until something is due, however far that is", () => {
  const manual = new ManualClock(START, START);
  let wakes = 0;
  const clock: Clock = {
    now: () => manual.now(),
    precise: () => manual.precise(),
    date: () => manual.now(),
    machine: () => null,
    suspended: 0,
    after: (ms, task) =>
      manual.after(ms, () => {
        wakes++;
        task();
      }),
    soon: (task) => manual.soon(task),
  };
  const deadlines = new Deadlines(clock);
  const entries = [1_800_000, 60_000, 60_050].map((ms) => {
    const entry = new Entry();
    entry.at = START + ms;
    deadlines.set(entry);
    return entry;
  });
  manual.advance(59_000);
  assert.equal(wakes, 0);
  manual.advance(2_000);
  assert.deepEqual(entries.map((one) => one.fired.length), [0, 1, 1]);
  const before = wakes;
  assert.ok(before <= 3);
  manual.advance(1_800_000);
  assert.equal(entries[0].fired.length, 1);
  assert.equal(wakes, before + 1);
});

Deno.test("no timer is asked for that a runtime could not hold", () => {
  const waits: number[] = [];
  const manual = new ManualClock(START, START);
  const clock: Clock = {
    now: () => manual.now(),
    precise: () => manual.precise(),
    date: () => manual.now(),
    machine: () => null,
    suspended: 0,
    after(ms, task) {
      waits.push(ms);
      return manual.after(ms, task);
    },
    soon: (task) => manual.soon(task),
  };
  const deadlines = new Deadlines(clock);
  const entry = new Entry();
  // The longest session expiry there is: 136 years.
  entry.at = START + 0xffff_fffe * 1000;
  deadlines.set(entry);
  manual.advance(5000);
  assert.deepEqual(entry.fired, []);
  assert.ok(waits.every((ms) => ms < 2 ** 31), `${Math.max(...waits)} ms`);
  assert.ok(waits.length < 10, "it looks often while nothing is due soon");
});

Deno.test("stopped, nothing is due any more", () => {
  const { clock, deadlines, add } = setUp();
  const entry = add(100);
  deadlines.stop();
  clock.advance(10_000);
  assert.deepEqual(entry.fired, []);
});

Deno.test("a machine that was suspended does at once what fell due meanwhile", () => {
  const manual = new ManualClock(START, START);
  const deadlines = new Deadlines(manual);
  const entries = [600_000, 7_200_000].map((ms) => {
    const entry = new Entry();
    entry.at = START + ms;
    deadlines.set(entry);
    return entry;
  });
  deadlines.awake();
  manual.advance(1000);
  manual.suspend(3_600_000);
  deadlines.awake();
  manual.advance(LATE);
  assert.deepEqual(entries.map(({ fired }) => fired.length), [1, 0]);
  manual.advance(3_600_000);
  assert.deepEqual(entries.map(({ fired }) => fired.length), [1, 1]);
});
