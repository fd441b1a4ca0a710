import assert from "node:assert/strict";
import type { StoreStatus } from "../../src/store/mod.ts";
import type { Block } from "../../src/store/blocks/block.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { MemoryBlocks } from "../support/memory_blocks.ts";
import { settle } from "./faulty_blocks.ts";
import { happen, seeded } from "./random_world.ts";
import { assertSame, World } from "./world.ts";

function open(blocks: MemoryBlocks, slack = 0): LogStore {
  return new LogStore(blocks, new ManualClock(), {
    mode: "durable",
    flushInterval: 200,
    slack,
  });
}

function bytesOf({ blocks }: MemoryBlocks): number {
  let bytes = 0;
  for (const block of blocks.values()) bytes += block.length;
  return bytes;
}

function live(status: StoreStatus): number {
  return status.retainedBytes + status.queuedBytes + status.sessionBytes;
}

Deno.test("what is loaded is what was committed, whatever happened", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed);
    const blocks = new MemoryBlocks();
    let world = await World.load(open(blocks, seed % 2 === 0 ? 0 : 1e6));
    for (let life = 0; life < 4; life++) {
      for (let batch = 0; batch < 10; batch++) {
        happen(world, random, Math.floor(random() * 60));
        await world.committed();
      }
      const before = world.picture();
      await world.store.close();
      world = await World.load(open(blocks));
      assertSame(world.picture(), before, `seed ${seed}`);
    }
  }
});

Deno.test("what was cleaned away is not missed, and the disk does not fill", async () => {
  const random = seeded(7);
  const blocks = new MemoryBlocks();
  let world = await World.load(open(blocks));
  for (let batch = 0; batch < 600; batch++) {
    happen(world, random, 200);
    await world.committed();
    if (batch % 50 !== 49) continue;
    const before = world.picture();
    const { status } = world.store;
    await world.store.close();
    world = await World.load(open(blocks));
    assertSame(world.picture(), before);
    const again = world.store.status;
    // The books are right after loading, and were before.
    assert.equal(again.storedBytes, status.storedBytes);
    assert.equal(again.queuedMessages, status.queuedMessages);
    assert.equal(again.oldestMessageAt, status.oldestMessageAt);
    assert.ok(Math.abs(live(again) - live(status)) < 0.02 * live(status) + 99);
    assert.ok(
      bytesOf(blocks) < 3 * live(status) + 500_000,
      `${bytesOf(blocks)} bytes for ${live(status)} live ones`,
    );
  }
});

Deno.test("in buffered what somebody waits for is written at once, also behind a commit under way", async () => {
  const clock = new ManualClock();
  const blocks = new MemoryBlocks();
  const store = new LogStore(blocks, clock, {
    mode: "buffered",
    flushInterval: 200,
  });
  const world = await World.load(store);
  const written = (clientId: string) => {
    world.begin(clientId);
    return new Promise<void>((resolve) => {
      store.onStored(store.batch, resolve);
    });
  };
  // No time goes by: without a word they would wait for ever.
  const first = written("first");
  store.writeSoon();
  await first;
  const commit = blocks.commit.bind(blocks);
  let second: Promise<void> | undefined;
  blocks.commit = async (one) => {
    blocks.commit = commit;
    await Promise.resolve();
    second = written("second");
    store.writeSoon();
    await commit(one);
  };
  const third = written("third");
  store.writeSoon();
  await third;
  await second;
  assert.equal(store.status.commits, 3);
  await store.close();
});

/** Blocks of which one is handed over before `between` is called. */
class PausedBlocks extends MemoryBlocks {
  between: () => Promise<void> = () => Promise.resolve();

  override async read(
    each: (block: Block) => void | Promise<void>,
  ): Promise<void> {
    let count = 0;
    await super.read(async (block) => {
      if (count++ === 1) await this.between();
      await each(block);
    });
  }
}

Deno.test("nothing is written before all is loaded, whoever asks for it", async () => {
  const blocks = new PausedBlocks();
  let world = await World.load(open(blocks));
  const random = seeded(71);
  for (let batch = 0; batch < 10; batch++) {
    happen(world, random, 50);
    await world.committed();
  }
  const before = world.picture();
  await world.store.close();
  const { head } = blocks;
  const clock = new ManualClock();
  const store = new LogStore(blocks, clock, {
    mode: "durable",
    flushInterval: 200,
    slack: 0,
  });
  let isStored = false;
  blocks.between = async () => {
    store.writeSoon();
    store.keepTime();
    store.onCommitted(store.batch, () => isStored = true);
    clock.advance(24 * 3_600_000);
    await settle();
    assert.deepEqual(blocks.head, head);
  };
  world = await World.load(store);
  blocks.between = () => Promise.resolve();
  assertSame(world.picture(), before);
  clock.advance(200);
  await settle();
  assert.equal(isStored, true, "it is done once all is there");
  assertSame((await World.load(open(blocks))).picture(), before);
  await store.close();
});

Deno.test("a store that is closed before it is loaded stays as it is", async () => {
  const blocks = new MemoryBlocks();
  const world = await World.load(open(blocks));
  happen(world, seeded(72), 50);
  await world.committed();
  await world.store.close();
  const { head } = blocks;
  const store = open(blocks);
  store.writeSoon();
  store.onStored(store.batch, () => assert.fail("it is not stored"));
  await store.close();
  assert.deepEqual(blocks.head, head);
});
