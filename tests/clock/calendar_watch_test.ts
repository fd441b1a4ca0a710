import assert from "node:assert/strict";
import { CalendarWatch } from "../../src/broker/calendar_watch.ts";
import { Broker } from "../../src/broker/mod.ts";
import {
  type BrokerLog,
  silentLog,
} from "../../src/broker/status/broker_log.ts";
import { DRIFT, SystemClock } from "../../src/clock/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

const HOUR = 3_600_000;

Deno.test("clock: a calendar that is set is noticed once, one that drifts is not", () => {
  const clock = new ManualClock();
  const watch = new CalendarWatch(clock);
  for (const step of [HOUR, -2 * HOUR, 5000]) {
    clock.step(step);
    clock.advance(10_000);
    assert.deepEqual(watch.look(), { step, slept: 0 });
    assert.deepEqual(watch.look(), { step: 0, slept: 0 });
  }
  clock.step(DRIFT - 1);
  assert.deepEqual(watch.look(), { step: 0, slept: 0 });
});

Deno.test("clock: a calendar that goes forward is told as set, and as a suspension where the machine has no uptime", async () => {
  const told: string[] = [];
  const clock = new ManualClock();
  const settings = completeSettings({
    sys: { interval: 0 },
    storage: { mode: "memory" },
    listener: [{ port: 0 }],
  });
  const log: BrokerLog = {
    ...silentLog,
    event: (_, event, { text }) => {
      if (event === "calendar-set") told.push(String(text));
    },
  };
  const broker = new Broker(settings, { clock, log });
  await broker.start();
  for (const isKnown of [false, true]) {
    if (isKnown) clock.runs(1, HOUR);
    for (const step of [HOUR, -HOUR]) {
      clock.step(step);
      clock.advance(10_000);
    }
  }
  await broker.stop(0);
  assert.deepEqual(told, [
    "the calendar was set forward by 3600 s, or the machine was suspended for that long",
    "the calendar was set back by 3600 s",
    "the calendar was set forward by 3600 s",
    "the calendar was set back by 3600 s",
  ]);
});

/** A machine that can be suspended: its calendar and uptime go on, no timers. */
function suspendable(ticks: number) {
  const { now } = performance;
  const { now: date } = Date;
  let real = 0;
  let slept = 0;
  let step = 0;
  let reads = 0;
  performance.now = () => real - slept;
  Date.now = () => 1.8e12 + real + step;
  // Where a container hides /proc the uptime comes in whole seconds.
  const uptime = () => Math.floor((50_000 + real) / ticks) * ticks;
  return {
    clock: new SystemClock(() => (reads++, { id: 1, uptime: uptime() })),
    goesOn: (ms: number) => real += ms,
    sleeps: (ms: number) => slept += (real += ms, ms),
    /** Sets the calendar. */
    isSet: (ms: number) => step += ms,
    /** How often the uptime was read. */
    get reads() {
      return reads;
    },
    [Symbol.dispose]() {
      performance.now = now;
      Date.now = date;
    },
  };
}

for (const ticks of [10, 1000]) {
  const about = (ms: number, expected: number) =>
    assert.ok(Math.abs(ms - expected) <= ticks, `${ms}, not ${expected} ms`);

  Deno.test(`clock: what the machine was suspended counts (uptime in ${ticks} ms)`, () => {
    using machine = suspendable(ticks);
    const { clock } = machine;
    const watch = new CalendarWatch(clock);
    const began = clock.now();
    machine.goesOn(10_300);
    assert.deepEqual(watch.look(), { step: 0, slept: 0 });
    machine.sleeps(8 * HOUR);
    machine.goesOn(4000);
    const { step, slept } = watch.look();
    assert.equal(step, 0);
    about(slept, 8 * HOUR);
    about(clock.now() - began, 14_300 + 8 * HOUR);
    for (let look = 0; look < 100; look++) {
      machine.goesOn(9990);
      assert.deepEqual(watch.look(), { step: 0, slept: 0 });
    }
  });

  Deno.test(`clock: what begins after a suspension does not last as long (uptime in ${ticks} ms)`, () => {
    using machine = suspendable(ticks);
    const { clock } = machine;
    const watch = new CalendarWatch(clock);
    const before = clock.now();
    for (const hours of [8, 1]) {
      machine.sleeps(hours * HOUR);
      const begin = clock.now();
      machine.goesOn(4000);
      about(watch.look().slept, hours * HOUR);
      assert.equal(clock.now() - begin, 4000);
    }
    about(clock.now() - before, 9 * HOUR + 8000);
  });

  Deno.test(`clock: no suspension counts as a step of the calendar, however short (uptime in ${ticks} ms)`, () => {
    using machine = suspendable(ticks);
    const { clock } = machine;
    const watch = new CalendarWatch(clock);
    const began = clock.now();
    let slept = 0;
    let all = 0;
    for (let ms = 100; ms <= 6000; ms += 100) {
      all = machine.sleeps(ms);
      machine.goesOn(730);
      const news = watch.look();
      assert.equal(news.step, 0, `${ms} ms`);
      slept += news.slept;
    }
    assert.ok(Math.abs(slept - all) < DRIFT, `${slept} of ${all} ms`);
    assert.equal(clock.now() - began, 60 * 730 + slept);
  });

  Deno.test(`clock: a calendar that is set is no suspension, also with one (uptime in ${ticks} ms)`, () => {
    using machine = suspendable(ticks);
    const { clock } = machine;
    const watch = new CalendarWatch(clock);
    const before = clock.now();
    for (const step of [HOUR, -2 * HOUR]) {
      machine.isSet(step);
      assert.equal(clock.now(), before);
      assert.deepEqual(watch.look(), { step, slept: 0 });
    }
    machine.isSet(HOUR);
    machine.sleeps(2 * HOUR);
    about(clock.now() - before, 2 * HOUR);
    const { step, slept } = watch.look();
    about(step, HOUR);
    about(slept, 2 * HOUR);
  });
}

Deno.test("clock: the uptime is read at the first reading and after a jump alone", () => {
  using machine = suspendable(10);
  const { clock } = machine;
  for (let at = 0; at < 1000; at++) {
    machine.goesOn(100);
    clock.now();
  }
  assert.equal(machine.reads, 1);
  machine.isSet(HOUR);
  for (let at = 0; at < 1000; at++) clock.now();
  assert.equal(machine.reads, 2);
});
