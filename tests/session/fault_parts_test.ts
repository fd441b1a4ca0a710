import assert from "node:assert/strict";
import { Frame } from "../../src/codec/mod.ts";
import type { Connection } from "../../src/session/connection/connection.ts";
import type { Context } from "../../src/session/core/context.ts";
import { Counters } from "../../src/session/core/counters.ts";
import { type Deadline, Deadlines } from "../../src/session/core/deadlines.ts";
import { Faults } from "../../src/session/core/faults.ts";
import { DeferredAcks } from "../../src/session/core/deferred_acks.ts";
import { Outbox } from "../../src/session/output/outbox.ts";
import { type Flushable, Turn } from "../../src/session/core/turn.ts";
import { Pump } from "../../src/session/connection/pump.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { turn as nextTurn } from "../support/settle.ts";
import { Injected } from "./injected.ts";
import { microtasks, ScriptedStream } from "./scripted_stream.ts";
import { StubStore } from "./stub_store.ts";

// One part, one throw: what it does for others goes on.

function fail(): never {
  throw new Injected();
}

Deno.test("a background task that throws ends; the others have their turns, also those that come later", async () => {
  const faults: unknown[] = [];
  const turn = new Turn(new ManualClock(), (_, error) => {
    faults.push(error);
  });
  const turns: string[] = [];
  const task = (name: string, rounds: number) => () => {
    turns.push(name);
    return --rounds > 0;
  };
  turn.inTurns(task("a", 3));
  turn.inTurns(fail);
  turn.inTurns(task("b", 2));
  for (let at = 0; at < 5; at++) await nextTurn();
  assert.deepEqual(turns.join(""), "ababa");
  assert.equal(faults.length, 1);
  turn.inTurns(task("c", 2));
  for (let at = 0; at < 5; at++) await nextTurn();
  assert.deepEqual(turns.join(""), "ababacc");
});

class Box implements Flushable {
  touched = false;
  seals = 0;
  flushes = 0;
  readonly errors: unknown[] = [];
  throws: "seal" | "flush" | null = null;

  seal(): void {
    this.seals++;
    if (this.throws === "seal") fail();
  }
  flush(): void {
    this.touched = false;
    this.flushes++;
    if (this.throws === "flush") fail();
  }
  failed(error: unknown): void {
    this.errors.push(error);
  }
}

for (const step of ["seal", "flush"] as const) {
  Deno.test(`an outbox whose ${step} throws is told, and the others are written`, async () => {
    const turn = new Turn(new ManualClock());
    const boxes = [new Box(), new Box(), new Box()];
    boxes[1].throws = step;
    for (let round = 1; round <= 2; round++) {
      for (const box of boxes) {
        turn.runOpened(box);
        turn.touch(box);
      }
      await microtasks();
      for (const box of boxes) {
        assert.deepEqual([box.seals, box.flushes], [round, round]);
      }
      assert.deepEqual(boxes.map((one) => one.errors.length), [0, round, 0]);
    }
  });
}

Deno.test("a deadline that throws is passed over; those of its tick and of later ones are due", () => {
  const clock = new ManualClock();
  const faults: unknown[] = [];
  const deadlines = new Deadlines(clock, (_, error) => faults.push(error));
  const due: string[] = [];
  const set = (name: string, ms: number) => {
    const deadline: Deadline = {
      at: clock.now() + ms,
      tick: -1,
      due: () => name === "broken" ? fail() : void due.push(name),
    };
    deadlines.set(deadline);
  };
  set("first", 1000);
  set("broken", 1000);
  set("third", 1000);
  set("later", 5000);
  clock.advance(1100);
  assert.deepEqual(due, ["first", "third"]);
  assert.equal(faults.length, 1);
  set("new", 1000);
  clock.advance(5000);
  assert.deepEqual(due, ["first", "third", "new", "later"]);
});

function outboxOn(stream: ScriptedStream, store: StubStore | null = null) {
  const turn = new Turn(new ManualClock());
  const crashes: unknown[] = [];
  const owner = {
    drained: () => {},
    broken: () => {},
    crashed: (error: unknown) => crashes.push(error),
  };
  const counters = new Counters();
  const outbox = new Outbox(stream, turn, counters, owner, store, 1000);
  return { outbox, owner, crashes };
}

Deno.test("an outbox that cannot go on tells its connection: a stream that throws, an owner that throws, a last task that throws", async () => {
  const broken = new ScriptedStream();
  broken.write = fail;
  const first = outboxOn(broken);
  first.outbox.append(new Uint8Array(5));
  await microtasks();
  assert.equal(first.crashes.length, 1);

  const stream = new ScriptedStream();
  const second = outboxOn(stream);
  second.owner.drained = fail;
  second.outbox.append(new Uint8Array(2000));
  assert.equal(second.outbox.held, true);
  await stream.takeAll();
  assert.equal(second.crashes.length, 1);

  const other = new ScriptedStream();
  const third = outboxOn(other);
  third.outbox.append(new Uint8Array(5));
  third.outbox.whenEmpty(fail);
  await other.takeAll();
  assert.equal(third.crashes.length, 1);
});

Deno.test("an outbox that throws at a commit tells its connection; the next one is told of the commit", async () => {
  const store = new StubStore("durable");
  store.willing = false;
  const broken = new ScriptedStream();
  broken.write = fail;
  const stream = new ScriptedStream();
  const first = outboxOn(broken, store);
  const second = outboxOn(stream, store);
  for (const { outbox } of [first, second]) {
    outbox.waitForCommit();
    outbox.append(new Uint8Array(5));
  }
  await microtasks();
  store.commit();
  assert.equal(first.crashes.length, 1);
  await stream.takeAll();
  assert.equal(stream.written.length, 5);
});

function pumpOn(stream: ScriptedStream) {
  const crashes: unknown[] = [];
  const owner = {
    ...{ kind: "packets" as const, clientId: null },
    /** Called for each pass; returns how far it came. */
    receive: (_: Uint8Array, _start: number, end: number): number => end,
    ended: () => {},
    broken: () => {},
    crashed: (error: unknown) => crashes.push(error),
  };
  const context = {
    clock: new ManualClock(),
    turn: new Turn(new ManualClock()),
    counters: new Counters(),
    frame: new Frame(),
  } as unknown as Context;
  const pump = new Pump(stream, owner, context);
  return { pump, owner, crashes };
}

Deno.test("a pump whose pass throws tells its connection: at a read, when it goes on, in a later turn", async () => {
  const atRead = new ScriptedStream();
  const first = pumpOn(atRead);
  first.owner.receive = fail;
  first.pump.start();
  await atRead.give(new Uint8Array(5));
  assert.equal(first.crashes.length, 1);

  const goingOn = new ScriptedStream();
  const second = pumpOn(goingOn);
  second.pump.start();
  second.owner.receive = (_, start) => {
    second.pump.pause("rate");
    return start;
  };
  await goingOn.give(new Uint8Array(5));
  second.owner.receive = fail;
  second.pump.resume("rate");
  assert.equal(second.crashes.length, 1);

  // After eight full buffers it looks at its own in another turn.
  const later = new ScriptedStream();
  const third = pumpOn(later);
  let full = 0;
  third.owner.receive = (chunk, start, end) => {
    if (chunk.length < 65536 || ++full < 8) return end;
    third.pump.pause("rate");
    return start;
  };
  third.pump.start();
  while (full < 8) await later.give(new Uint8Array(65536));
  third.owner.receive = fail;
  third.pump.resume("rate");
  assert.equal(third.crashes.length, 0);
  await nextTurn();
  assert.equal(third.crashes.length, 1);

  const unreadable = new ScriptedStream();
  unreadable.read = fail;
  const fourth = pumpOn(unreadable);
  fourth.pump.start();
  assert.equal(fourth.crashes.length, 1);
});

Deno.test("a late answer that throws ends its connection; the others are answered", () => {
  const store = new StubStore("durable");
  store.willing = false;
  const late = new DeferredAcks();
  const ended: string[] = [];
  const connection = (name: string) =>
    ({ fail: () => ended.push(name) }) as unknown as Connection;
  const sent: number[] = [];
  late.add(connection("a"), store, 4, 1, fail);
  const other = connection("b");
  late.add(other, store, 4, 2, () => sent.push(2));
  late.add(other, store, 4, 3, () => sent.push(3));
  store.commit();
  assert.deepEqual([sent, ended, late.size], [[2, 3], ["a"], 0]);
});

Deno.test("all errors are counted; each is logged once a minute, and 20 lines at most", () => {
  const clock = new ManualClock();
  const counters = new Counters();
  const lines: string[] = [];
  const faults = new Faults(clock, counters, (result, error, clientId) => {
    lines.push(`${clientId}: ${error}, ${result}`);
  });
  faults.note("it ends", new Error("x"), "c");
  faults.note("it ends", new Error("x"), "d");
  assert.deepEqual(lines, ["c: Error: x, it ends"]);
  for (let at = 0; at < 100; at++) faults.note(`${at}`, new Error("x"));
  assert.equal(lines.length, 20);
  clock.advance(60_000);
  assert.equal(faults.survive("it ends", fail, "e"), false);
  assert.equal(faults.survive("it ends", () => {}), true);
  assert.equal(lines.at(-1), "e: Error: injected, it ends");
  assert.equal(counters.internalErrors, 103);
});

Deno.test("a log that throws, and an error that has no text, end nothing", () => {
  const counters = new Counters();
  const faults = new Faults(new ManualClock(), counters, fail);
  faults.note("it ends", new Error("x"));
  faults.note("it ends", { toString: fail });
  assert.equal(counters.internalErrors, 2);
});
