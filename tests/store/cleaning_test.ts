import assert from "node:assert/strict";
import { LogStore } from "../../src/store/log/log_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { MemoryBlocks } from "../support/memory_blocks.ts";
import { settle } from "./faulty_blocks.ts";
import { message, World } from "./world.ts";

/** How often the clock moves on by a flush interval. */
const ROUNDS = 100;

/** What is stored: each kind of record that cleaning writes again. */
const STATES: Record<string, (world: World) => Promise<void>> = {
  "retained messages of one byte": async (world) => {
    for (let i = 0; i < 80_000; i++) {
      world.retain(message(`${i}`, "x", { retain: true }));
    }
    await world.committed();
  },
  "a commit for each message": async (world) => {
    for (let i = 0; i < 1500; i++) {
      world.retain(message(`${i}`, "x", { retain: true }));
      await world.committed();
    }
  },
  "sessions, subscriptions and received packet ids": async (world) => {
    for (let i = 0; i < 1000; i++) {
      const session = world.begin(`${i}`);
      for (let j = 0; j < 5; j++) world.subscribe(session, `${i}/${j}`);
      for (let id = 1; id < 20; id++) world.receive(session, id);
      if (i % 100 === 0) await world.committed();
      for (let id = 20; id < 40; id++) world.receive(session, id);
    }
    await world.committed();
  },
  "queued messages of two sessions": async (world) => {
    const sessions = [world.begin("a"), world.begin("b")];
    for (let i = 0; i < 10_000; i++) {
      const [first] = world.queue(message("t", "x"), sessions);
      if (i % 3 === 0) world.done(first);
      if (i % 100 === 0) await world.committed();
    }
    await world.committed();
  },
};

for (const [name, fill] of Object.entries(STATES)) {
  for (const isShort of [false, true]) {
    const space = isShort ? "short of space" : "with space";
    Deno.test(`an idle store ${space} stops writing: ${name}`, async () => {
      const clock = new ManualClock();
      const blocks = new MemoryBlocks();
      let shortage: string | null = null;
      const store = new LogStore(blocks, clock, {
        mode: "durable",
        flushInterval: 200,
        slack: 10_000,
        space: { room: Infinity, shortage: () => shortage },
      });
      const world = await World.load(store);
      await fill(world);
      shortage = isShort ? "the disk is nearly full" : null;
      // What makes the store look, and from then on nothing is noted.
      world.begin("last");
      await world.committed();
      const before = { ...store.status, written: blocks.written };
      let last = 0;
      for (let round = 1; round <= ROUNDS; round++) {
        const { head } = blocks;
        clock.advance(200);
        await settle();
        if (blocks.head !== head) last = round;
      }
      assert.ok(last < 50, `it still writes in round ${last}`);
      const written = blocks.written - before.written;
      assert.ok(
        written < 2 * before.storedBytes + 100_000,
        `${written} bytes for ${before.storedBytes}`,
      );
      assert.ok(store.status.storedBytes <= before.storedBytes);
      await store.close();
    });
  }
}

Deno.test("a store short of space gives back what is dead once more dies", async () => {
  const clock = new ManualClock();
  const store = new LogStore(new MemoryBlocks(), clock, {
    mode: "durable",
    flushInterval: 200,
    space: { room: Infinity, shortage: () => "the disk is nearly full" },
  });
  const world = await World.load(store);
  const session = world.begin("a");
  const entries = Array.from(
    { length: 100 },
    (_, i) => world.queue(message(`${i}`, new Uint8Array(20_000)), [session]),
  ).flat();
  await world.committed();
  for (const part of [40, 80, 100]) {
    for (const entry of entries.splice(0, part - (100 - entries.length))) {
      world.done(entry);
    }
    await world.committed();
    for (let round = 0; round < 20; round++) {
      clock.advance(200);
      await settle();
    }
    const live = (100 - part) * 20_000;
    const { storedBytes } = store.status;
    assert.ok(storedBytes < 1.15 * live + 80_000, `${storedBytes} of ${live}`);
  }
  await store.close();
});

Deno.test("one batch of cleaning rewrites about 1 MiB, however much is dead", async () => {
  const clock = new ManualClock();
  const blocks = new MemoryBlocks();
  const store = new LogStore(blocks, clock, {
    mode: "durable",
    flushInterval: 200,
    slack: 10_000,
  });
  const world = await World.load(store);
  const retain = (isWanted: (at: number) => boolean) => {
    for (let at = 0; at < 20_000; at++) {
      if (!isWanted(at)) continue;
      const payload = new Uint8Array(1000);
      world.retain(message(`${at}`, payload, { retain: true }));
    }
    return world.committed();
  };
  await retain(() => true);
  // A third of the oldest blocks is live and has to be rewritten.
  await retain((at) => at % 3 > 0);
  await retain((at) => at % 3 > 0);
  let most = 0;
  let all = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = blocks.written;
    clock.advance(200);
    await settle();
    const written = blocks.written - before;
    most = Math.max(most, written);
    all += written;
  }
  assert.ok(all > 2 * 1024 * 1024, `${all} bytes in all`);
  assert.ok(most < 1.2 * 1024 * 1024, `${most} bytes at once`);
  await store.close();
});
