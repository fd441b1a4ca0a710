import assert from "node:assert/strict";
import { type StorageMode, StoreError } from "../../src/store/mod.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FaultyBlocks, settle } from "./faulty_blocks.ts";
import { assertSame, message, World } from "./world.ts";
import { sumOf } from "../../src/store/base/write_counter.ts";

interface Setting {
  readonly blocks: FaultyBlocks;
  readonly clock: ManualClock;
  readonly world: World;
}

async function start(
  mode: Exclude<StorageMode, "memory">,
  blocks = new FaultyBlocks(),
): Promise<Setting> {
  const clock = new ManualClock();
  const store = new LogStore(blocks, clock, { mode, flushInterval: 200 });
  return { blocks, clock, world: await World.load(store) };
}

Deno.test("buffered: acknowledged at once, written a flush interval later", async () => {
  const { blocks, clock, world } = await start("buffered");
  world.begin("a");
  assert.ok(world.store.committed >= world.store.batch);
  await settle();
  clock.advance(199);
  await settle();
  assert.equal(blocks.tries, 0);
  clock.advance(1);
  await settle();
  assert.equal(blocks.done.length, 1);
  // And nothing more, as long as nothing changes.
  clock.advance(10_000);
  await settle();
  assert.equal(blocks.done.length, 1);
});

Deno.test("buffered: a full batch does not wait for the interval", async () => {
  const { blocks, world } = await start("buffered");
  const session = world.begin("a");
  const one = message("t", "x");
  for (let i = 0; i < 10_000; i++) world.queue(one, [session]);
  await settle();
  assert.equal(blocks.done.length, 1);
});

Deno.test("buffered: what is acknowledged within the interval is never written", async () => {
  const { blocks, clock, world } = await start("buffered");
  const session = world.begin("a");
  for (let i = 0; i < 100_000; i++) {
    const [entry] = world.queue(message("t", "x"), [session]);
    world.done(entry);
  }
  await settle();
  assert.equal(blocks.tries, 0, "nothing is full of what is over");
  clock.advance(200);
  await settle();
  assert.equal(blocks.done.length, 1);
  assert.ok(blocks.done[0].blocks[0].bytes.length < 50);
});

Deno.test("durable: waits for the disk, one commit for all that wait", async () => {
  const { blocks, world } = await start("durable");
  blocks.slow = true;
  const order: string[] = [];
  const { store } = world;
  world.begin("a");
  store.onCommitted(store.batch, () => order.push("a"));
  world.begin("b");
  store.onCommitted(store.batch, () => order.push("b"));
  await settle();
  assert.equal(blocks.tries, 1);
  // The next batch gathers while this one is being written.
  for (const name of ["c", "d", "e"]) {
    world.begin(name);
    store.onCommitted(store.batch, () => order.push(name));
  }
  await settle();
  assert.equal(blocks.tries, 1);
  assert.deepEqual(order, []);
  blocks.go();
  await settle();
  assert.deepEqual(order, ["a", "b"]);
  assert.equal(blocks.tries, 2);
  blocks.go();
  await settle();
  assert.deepEqual(order, ["a", "b", "c", "d", "e"]);
  assert.equal(blocks.done.length, 2);
});

Deno.test("durable: a change nobody waits for is written after the interval", async () => {
  const { blocks, clock, world } = await start("durable");
  world.begin("a");
  await settle();
  assert.equal(blocks.tries, 0);
  clock.advance(200);
  await settle();
  assert.equal(blocks.done.length, 1);
});

Deno.test("a full disk: nothing is lost, and it recovers by itself", async () => {
  const { blocks, clock, world } = await start("durable");
  blocks.fault = new TypeError("database or disk is full");
  const session = world.begin("a");
  world.queue(message("t", "kept"), [session]);
  let isCommitted = false;
  world.store.onCommitted(world.store.batch, () => isCommitted = true);
  await settle();
  assert.equal(world.store.status.health, "full");
  assert.match(world.store.status.reason!, /disk is full/);
  // Tried again, ever more rarely, for as long as it takes.
  for (let i = 0; i < 50; i++) {
    world.queue(message("t", `more ${i}`), [session]);
    clock.advance(5000);
    await settle();
  }
  assert.ok(blocks.tries > 40 && blocks.tries < 80, `${blocks.tries} tries`);
  assert.equal(isCommitted, false);
  blocks.fault = null;
  clock.advance(5000);
  await settle();
  assert.equal(isCommitted, true);
  assert.equal(world.store.status.health, "ok");
  assert.equal(world.store.status.reason, null);
  const before = world.picture();
  await world.store.close();
  const again = await start("durable", blocks);
  assertSame(again.world.picture(), before);
});

Deno.test("a disk that fails otherwise says so", async () => {
  const { blocks, world } = await start("durable");
  blocks.fault = new Error("attempt to write a readonly database");
  world.begin("a");
  void world.committed();
  await settle();
  assert.equal(world.store.status.health, "failing");
});

Deno.test("closing gives up on a disk that stays full, and says so", async () => {
  const { blocks, world } = await start("buffered");
  blocks.fault = new Error("disk is full");
  world.begin("a");
  await assert.rejects(
    world.store.close(),
    (error) =>
      error instanceof StoreError && error.fault === "unwritten" &&
      /\(about 1\).*disk is full/.test(error.message),
  );
});

Deno.test("closing fails for no commit that has no changes", async () => {
  const { blocks, clock, world } = await start("buffered");
  const { store } = world;
  world.begin("a");
  clock.advance(200);
  await settle();
  // The time is noted, on a disk that takes nothing any more.
  clock.advance(3_600_000);
  blocks.fault = new Error("disk is full");
  store.keepTime();
  await settle();
  assert.deepEqual([store.status.health, store.status.unwritten], ["full", 0]);
  await store.close();
  assert.equal(blocks.done.length, 1);
});

Deno.test("closing does not wait for the next try", async () => {
  const { blocks, world } = await start("durable");
  blocks.fault = new Error("disk is full");
  world.begin("a");
  void world.committed();
  await settle();
  blocks.fault = null;
  await world.store.close();
  assert.equal(blocks.done.length, 1);
});

Deno.test("a number is not given twice after a restart", async () => {
  const { blocks, world } = await start("durable");
  const session = world.begin("a");
  world.queue(message("t", "1"), [session]);
  await world.store.close();
  // As if the head had been written before its records.
  blocks.head = { ...blocks.head, next: 1 };
  const again = (await start("durable", blocks)).world;
  again.queue(message("t", "2"), [again.state.sessions[0]]);
  again.begin("b");
  const before = again.picture();
  await again.store.close();
  const last = (await start("durable", blocks)).world;
  assertSame(last.picture(), before);
});

Deno.test("what is written is counted by the day", async () => {
  const { clock, world } = await start("durable");
  world.begin("a");
  await world.committed();
  const first = sumOf(world.store.status.writtenToday);
  assert.ok(first > 10);
  world.begin("b");
  await world.committed();
  assert.ok(sumOf(world.store.status.writtenToday) > first);
  clock.advance(86_400_000);
  assert.equal(sumOf(world.store.status.writtenToday), 0);
});

Deno.test("what changes often in a batch is written once, as it is at last", async () => {
  const { blocks, world } = await start("durable");
  const session = world.begin("a", { will: null });
  const [entry] = world.queue(message("t", "x"), [session], { qos: 2 });
  await world.committed();
  for (let i = 1; i <= 1000; i++) {
    world.change(session, { detachedAt: i });
    world.send(entry, i);
    world.retain(message("r", `${i}`, { retain: true }));
    world.receive(session, 1);
    world.release(session, 1);
  }
  await world.committed();
  assert.ok(blocks.done[1].blocks[0].bytes.length < 100);
  const before = world.picture();
  await world.store.close();
  assertSame((await start("durable", blocks)).world.picture(), before);
});
