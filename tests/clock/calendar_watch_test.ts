import assert from "node:assert/strict";
import { CalendarWatch } from "../../src/broker/calendar_watch.ts";
import { ManualClock, SystemClock } from "../../src/clock/mod.ts";

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
  clock.step(900);
  assert.deepEqual(watch.look(), { step: 0, slept: 0 });
});

/** A machine that can be suspended: its calendar and uptime go on, no timers. */
function suspendable(ticks: number) {
  const { now } = performance;
  const { now: date } = Date;
  let real = 0;
  let slept = 0;
  performance.now = () => real - slept;
  Date.now = () => 1.8e12 + real;
  // Where a container hides /proc the uptime comes in whole seconds.
  const uptime = () => Math.floor((50_000 + real) / ticks) * ticks;
  return {
    clock: new SystemClock(() => ({ id: 1, uptime: uptime() })),
    goesOn: (ms: number) => real += ms,
    sleeps: (ms: number) => slept += (real += ms, ms),
    [Symbol.dispose]() {
      performance.now = now;
      Date.now = date;
    },
  };
}

for (const ticks of [10, 1000]) {
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
    assert.ok(Math.abs(slept - 8 * HOUR) <= ticks, `${slept} ms`);
    const passed = clock.now() - began - 14_300 - 8 * HOUR;
    assert.ok(Math.abs(passed) <= ticks, `off by ${passed} ms`);
    for (let look = 0; look < 100; look++) {
      machine.goesOn(9990);
      assert.deepEqual(watch.look(), { step: 0, slept: 0 });
    }
  });
}
