import assert from "node:assert/strict";
import type { Authorizer } from "../../src/security/mod.ts";
import { Counters } from "../../src/session/core/counters.ts";
import {
  type SlowTurn,
  TurnWatch,
  workOf,
} from "../../src/session/core/turn_watch.ts";
import { sysFigures } from "../limits/sys_figures.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { TestBroker } from "../support/test_broker.ts";

const PACKETS = { kind: "packets", clientId: "pump" } as const;
const REST = { kind: "packets", clientId: "rest" } as const;

function watched() {
  const clock = new ManualClock();
  const counters = new Counters();
  const found: SlowTurn[] = [];
  const watch = new TurnWatch(clock, counters);
  watch.onSlow = (slow) => found.push(slow);
  /** A work of `ms` in which no timer fires. */
  const work = (one: typeof PACKETS | typeof REST, ms: number) => {
    watch.begins(one, clock.now(), true);
    clock.work(ms);
    watch.ends();
  };
  /** So much work that the timer runs. */
  const busy = () => {
    for (let at = 0; at < 6; at++) work(REST, 0);
  };
  return { clock, counters, found, watch, work, busy };
}

Deno.test("slow turns: a work of 60 ms is one, with its client and packets", () => {
  const { clock, counters, found, work, busy } = watched();
  busy();
  work(REST, 1);
  work(PACKETS, 0);
  counters.packetsReceived += 3;
  counters.packetsSent += 1000;
  clock.work(60);
  work(REST, 1);
  clock.advance(0);
  assert.deepEqual(found, [{ ms: 60, work: PACKETS, packets: 1003 }]);
  clock.advance(60_000);
  assert.equal(found.length, 1);
});

Deno.test("slow turns: the last work of a turn is found, too", () => {
  const { clock, found, work, busy } = watched();
  busy();
  work(REST, 5);
  work(PACKETS, 80);
  clock.advance(0);
  assert.deepEqual(found, [{ ms: 80, work: PACKETS, packets: 0 }]);
});

Deno.test("slow turns: a single work is measured to its end, without a timer", () => {
  const { clock, found, watch, work } = watched();
  clock.after = () => assert.fail("a timer");
  for (const ms of [49, 50, 1000]) {
    clock.advance(3_600_000);
    work(PACKETS, ms);
  }
  // One that begins within another, as a will does.
  clock.advance(3_600_000);
  watch.begins(PACKETS, clock.now(), true);
  clock.work(60);
  watch.begins(REST, clock.now());
  clock.work(10);
  watch.ends();
  watch.ends();
  assert.deepEqual(found, [
    { ms: 50, work: PACKETS, packets: 0 },
    { ms: 1000, work: PACKETS, packets: 0 },
    { ms: 70, work: PACKETS, packets: 0 },
  ]);
});

Deno.test("slow turns: below 50 ms there is none, however long they go on", () => {
  const { clock, found, work } = watched();
  for (let at = 0; at < 1000; at++) {
    work(PACKETS, 49);
    clock.advance(1);
  }
  assert.deepEqual(found, []);
});

Deno.test("slow turns: many short works in one turn are one, and none of them is blamed", () => {
  const { clock, found, work, busy } = watched();
  busy();
  for (let at = 0; at < 20; at++) work(at % 2 === 0 ? REST : PACKETS, 5);
  clock.advance(0);
  assert.deepEqual(found, [{ ms: 90, work: null, packets: 0 }]);
});

Deno.test("slow turns: the longest of some works is named where it took most of the turn, and the turn is never shorter than 50 ms", () => {
  const { clock, found, work, busy } = watched();
  busy();
  work(REST, 20);
  work(PACKETS, 45);
  work(REST, 20);
  clock.advance(0);
  work(PACKETS, 30);
  work(REST, 49);
  work(PACKETS, 49);
  work(REST, 1);
  clock.advance(0);
  assert.deepEqual(found, [
    { ms: 75, work: PACKETS, packets: 0 },
    { ms: 119, work: null, packets: 0 },
  ]);
});

Deno.test("slow turns: hours without work, and a suspension of the machine, are none", () => {
  const { clock, found, work } = watched();
  work(PACKETS, 1);
  clock.advance(3_600_000);
  work(PACKETS, 1);
  clock.suspend(3_600_000);
  clock.advance(20);
  work(REST, 1);
  clock.advance(3_600_000);
  assert.deepEqual(found, []);
});

Deno.test("slow turns: an idle broker has no timer, and one that stops sets none", () => {
  const { clock, watch, work } = watched();
  let timers = 0;
  const { after } = clock;
  clock.after = (ms, task) => {
    timers++;
    return after.call(clock, ms, task);
  };
  for (let at = 0; at < 1000; at++) work(PACKETS, 0);
  clock.advance(3_600_000);
  assert.ok(timers <= 2, `${timers}`);
  watch.stop();
  work(PACKETS, 100);
  clock.advance(3_600_000);
  assert.ok(timers <= 2);
});

Deno.test("slow turns: slices of a work that is held are found between its beginnings", () => {
  const { clock, found, watch } = watched();
  const restore = workOf("restore");
  watch.hold(restore);
  clock.advance(1000);
  clock.work(70);
  clock.advance(1000);
  watch.hold(null);
  assert.deepEqual(found, [{ ms: 70, work: restore, packets: 0 }]);
});

Deno.test("slow turns: a broker counts them under $SYS, and logs each kind and client once a minute", async () => {
  let broker: TestBroker | null = null;
  const rules: Authorizer = {
    generation: 1,
    maySubscribe: ({ clientId }, _filter, qos) => {
      if (clientId.startsWith("slow")) broker!.clock.work(80);
      return qos;
    },
    rights: () => 2 ** 18 - 1,
    ask: () => true,
    reason: () => "",
    explain: () => assert.fail("not asked here"),
  };
  broker = new TestBroker({ authorizer: rules, sys: { interval: 1000 } });
  const subscribe = async (clientId: string, times: number) => {
    const client = await broker.connect(5, clientId);
    for (let at = 0; at < times; at++) {
      await client.subscribe([`t/${at}`]);
      await broker.advance(0);
    }
  };
  // Without connections nothing waits.
  broker.broker.reloadBegins();
  broker.clock.work(1000);
  await broker.advance(0);
  await subscribe("quick", 5);
  assert.deepEqual(broker.events, []);
  await subscribe("slow", 5);
  await subscribe("slow too", 1);
  const line = (client: string) => ({
    ...{ ms: 80, work: "packets", client, packets: 2 },
    text: "all clients waited; this work began last",
  });
  assert.deepEqual(broker.events.splice(0), [
    ["warn", "slow-turn", line("slow")],
    ["warn", "slow-turn", line("slow too")],
  ]);
  await broker.advance(60_000);
  assert.deepEqual(broker.events, [["warn", "slow-turn", {
    ...{ work: "packets", client: "slow", count: 4 },
    text: "more in the last minute",
  }]]);
  const figures = await sysFigures(broker);
  assert.equal(figures.get("slow turns/count"), "6");
  await broker.stop();
});
