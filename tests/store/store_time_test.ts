import assert from "node:assert/strict";
import fc from "fast-check";
import { EMPTY, type Head } from "../../src/store/blocks/blocks.ts";
import { StoreTime } from "../../src/store/log/store_time.ts";
import { ManualClock } from "../support/manual_clock.ts";

const SECOND = 1000;
const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const NOW = Date.UTC(2026, 6, 1);

/** A store, broker and machine, as far as they have clocks. */
class Machine {
  /** What the calendar shows. */
  date: number;
  /** How long it has been up; null where the system does not tell. */
  uptime: number | null;
  run = 1;
  head: Head = EMPTY;
  clock!: ManualClock;
  time!: StoreTime;

  constructor(date: number, tells = true) {
    this.date = date;
    this.uptime = tells ? 5000 : null;
  }

  start(): this {
    // Each process counts from somewhere else.
    this.clock = new ManualClock(this.date, 1e12 + Math.random() * 1e9 | 0);
    if (this.uptime !== null) this.clock.runs(this.run, this.uptime);
    this.time = new StoreTime(this.clock, this.head);
    return this.commit();
  }

  commit(): this {
    const commit = this.head.commit + 1;
    this.head = { ...this.head, commit, ...this.time.read() };
    return this;
  }

  /** The broker runs; it looks at the clocks every ten seconds. */
  goesOn(ms: number): this {
    this.clock.advance(ms);
    this.pauses(ms);
    return this.looks();
  }

  /** The broker does not run. */
  pauses(ms: number): this {
    this.date += ms;
    if (this.uptime !== null) this.uptime += ms;
    return this;
  }

  /** The calendar is set, while the broker runs or not. */
  set(ms: number, running = true): this {
    this.date += ms;
    if (!running) return this;
    this.clock.step(ms);
    return this.looks();
  }

  looks(): this {
    return this.time.isOutdated(this.head) ? this.commit() : this;
  }

  /** The power is off for `ms`; then the calendar shows `date`. */
  reboots(ms: number, date = this.date + ms): this {
    this.date = date;
    this.run++;
    if (this.uptime !== null) this.uptime = 20 * SECOND;
    return this;
  }
}

/** Goes through a life; returns how long it took by the store's time, ms. */
function lasted(
  begin: number,
  life: (machine: Machine) => Machine,
  tells = true,
): number {
  const machine = new Machine(begin, tells).start();
  const before = machine.time.now;
  life(machine);
  return machine.time.now - before;
}

const lives: readonly [
  name: string,
  began: number,
  life: (machine: Machine) => Machine,
  ms: number,
][] = [
  [
    "the broker runs, and NTP sets a calendar of 1970",
    0,
    (one) => one.goesOn(HOUR).set(56 * YEAR).goesOn(HOUR),
    2 * HOUR,
  ],
  [
    "set by NTP, then the broker is started again",
    0,
    (one) => one.goesOn(HOUR).set(56 * YEAR).pauses(SECOND).start(),
    HOUR + SECOND,
  ],
  [
    "set by NTP, then the machine",
    0,
    (one) => one.goesOn(HOUR).set(56 * YEAR).reboots(HOUR).start(),
    2 * HOUR,
  ],
  [
    "set back while the broker runs, then the machine is started again",
    NOW,
    (one) => one.goesOn(HOUR).set(-9 * HOUR).reboots(HOUR).start(),
    2 * HOUR,
  ],
  [
    "set forward while the broker is stopped",
    NOW,
    (one) => one.pauses(SECOND).set(YEAR, false).pauses(SECOND).start(),
    2 * SECOND,
  ],
  [
    "set back while the broker is stopped",
    NOW,
    (one) => one.pauses(SECOND).set(-YEAR, false).pauses(SECOND).start(),
    2 * SECOND,
  ],
  [
    "the machine was off for a day and knows it",
    NOW,
    (one) => one.goesOn(HOUR).reboots(24 * HOUR).start(),
    25 * HOUR,
  ],
  [
    "the machine was off and its calendar begins in 1970",
    NOW,
    (one) => one.goesOn(HOUR).reboots(HOUR, 0).start().goesOn(SECOND),
    HOUR + SECOND,
  ],
  [
    "that of a machine whose calendar goes on from its shutdown",
    NOW,
    (one) => one.goesOn(HOUR).reboots(HOUR, one.date - HOUR).start(),
    HOUR,
  ],
  [
    "its calendar was never set, and then is right at the start",
    0,
    (one) => one.goesOn(HOUR).reboots(HOUR, NOW).start(),
    HOUR,
  ],
];

for (const [name, began, life, ms] of lives) {
  Deno.test(`store time: ${name}`, () => {
    const difference = lasted(began, life) - ms;
    assert.ok(Math.abs(difference) <= SECOND, `off by ${difference} ms`);
  });
}

Deno.test("store time: where the system tells nothing of its runs the calendar measures, and never back", () => {
  const ways: readonly [(one: Machine) => Machine, number][] = [
    [(one) => one.pauses(HOUR).start(), HOUR],
    [(one) => one.pauses(HOUR).set(-2 * HOUR, false).start(), 0],
    [(one) => one.set(YEAR).pauses(HOUR).start(), HOUR],
  ];
  for (const [life, ms] of ways) {
    const difference = lasted(NOW, life, false) - ms;
    assert.ok(Math.abs(difference) <= SECOND, `off by ${difference} ms`);
  }
});

Deno.test("store time: says why a pause could not be measured, and only then", () => {
  const machine = new Machine(NOW).start();
  assert.equal(machine.time.doubt, null);
  machine.reboots(HOUR).start();
  assert.equal(machine.time.doubt, null);
  machine.reboots(HOUR, NOW - HOUR).start();
  assert.equal(
    machine.time.doubt,
    "the machine's clock shows 2026-06-30T23:00Z, and showed " +
      "2026-07-01T01:00Z when the store was last written",
  );
});

Deno.test("store time: a store of a version that knew the calendar alone goes on by it", () => {
  const clock = new ManualClock(NOW);
  clock.runs(1, 5000);
  const head: Head = { ...EMPTY, commit: 9, time: NOW - HOUR };
  assert.equal(new StoreTime(clock, head).now, NOW);
});

Deno.test("store time: a power cut costs ten minutes at most, nothing is counted that was not", () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant("run"), ms: fc.nat({ max: 3 * HOUR }) }),
    fc.record({ kind: fc.constant("stop"), ms: fc.nat({ max: 3 * HOUR }) }),
    fc.record({
      kind: fc.constant("set"),
      ms: fc.integer({ min: -60 * YEAR, max: 60 * YEAR }),
    }),
    fc.record({
      kind: fc.constant("reboot"),
      ms: fc.integer({ min: -3 * HOUR, max: 3 * HOUR }),
    }),
  );
  fc.assert(fc.property(
    fc.constantFrom(0, NOW),
    fc.array(event, { maxLength: 30 }),
    (began, events) => {
      const machine = new Machine(began).start();
      for (const { kind, ms } of events) {
        const before = machine.time.now;
        if (kind === "run") machine.goesOn(ms);
        else if (kind === "stop") machine.pauses(ms).start();
        else if (kind === "set") machine.set(Math.max(ms, -machine.date));
        else {
          const off = Math.abs(ms);
          machine.reboots(off, Math.max(0, machine.date + ms)).start();
        }
        const went = machine.time.now - before;
        const real = kind === "set" ? 0 : Math.abs(ms);
        if (kind !== "reboot") assert.equal(went, real);
        else {
          // The head may be ten minutes old when the power fails.
          assert.ok(went >= -600 * SECOND, `back by ${-went} ms`);
          assert.ok(went <= real + 2 * SECOND, `on by ${went} ms`);
        }
      }
    },
  ));
});
