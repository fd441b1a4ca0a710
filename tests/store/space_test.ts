import assert from "node:assert/strict";
import { ManualClock } from "../../src/clock/mod.ts";
import { LogStore } from "../../src/store/log_store.ts";
import { MemoryBlocks } from "../../src/store/memory_blocks.ts";
import { openStore } from "../../src/store/mod.ts";
import { type DiskSpace, Space } from "../../src/store/space.ts";
import { settle } from "./faulty_blocks.ts";
import { settings } from "./settings.ts";
import { message, World } from "./world.ts";

const none = { path: "/x/store.kv", maxSize: 0 };

/** A disk that is asked for its space. */
function disk(free: number) {
  const made = {
    free,
    asked: [] as string[],
    ask(path: string): Promise<DiskSpace> {
      made.asked.push(path);
      return Promise.resolve({ free: made.free, total: 1000 });
    },
  };
  return made;
}

Deno.test("space is short below so many bytes, or percent, of the disk", async () => {
  for (
    const [lowSpaceBytes, lowSpacePercent] of [[300, 0], [0, 30], [100, 30]]
  ) {
    const clock = new ManualClock();
    const fake = disk(299);
    const limits = { ...none, lowSpaceBytes, lowSpacePercent };
    const space = new Space(limits, clock, fake.ask);
    space.shortage(0);
    await settle();
    assert.match(space.shortage(0)!, /299 bytes left, less than 300/);
    fake.free = 300;
    clock.advance(5000);
    space.shortage(0);
    await settle();
    assert.equal(space.shortage(0), null);
    assert.deepEqual(fake.asked, ["/x", "/x"]);
  }
});

Deno.test("the disk is not asked where nothing depends on it", () => {
  const fake = disk(0);
  const limits = { ...none, lowSpaceBytes: 0, lowSpacePercent: 0 };
  assert.equal(
    new Space(limits, new ManualClock(), fake.ask).shortage(1e12),
    null,
  );
  assert.deepEqual(fake.asked, []);
});

Deno.test("a store is full at its largest size, and no more when it shrank", async () => {
  const clock = new ManualClock();
  const space = new Space(
    { ...none, lowSpaceBytes: 0, lowSpacePercent: 0, maxSize: 100_000 },
    clock,
  );
  const store = new LogStore(new MemoryBlocks(), clock, {
    mode: "durable",
    flushInterval: 200,
    slack: 10_000,
    shortage: (stored) => space.shortage(stored),
  });
  const world = await World.load(store);
  const session = world.begin("a");
  await world.committed();
  assert.equal(store.health, "ok");
  const long = new Uint8Array(60_000);
  const entries = [1, 2].flatMap((i) =>
    world.queue(message(`t/${i}`, long), [session])
  );
  await world.committed();
  assert.equal(store.health, "full");
  assert.match(store.status.reason!, /maximum of 100000 bytes/);
  for (const entry of entries) world.done(entry);
  await world.committed();
  clock.advance(200);
  await settle();
  assert.equal(store.health, "ok");
  await store.close();
});

Deno.test("low space is noticed to be over without a commit", async () => {
  const clock = new ManualClock();
  const fake = disk(10);
  const space = new Space(
    { ...none, lowSpaceBytes: 100, lowSpacePercent: 0 },
    clock,
    fake.ask,
  );
  const store = new LogStore(new MemoryBlocks(), clock, {
    mode: "durable",
    flushInterval: 200,
    shortage: (stored) => space.shortage(stored),
  });
  const world = await World.load(store);
  world.begin("a");
  await world.committed();
  await settle();
  world.begin("b");
  await world.committed();
  assert.equal(store.health, "full");
  fake.free = 1000;
  for (let i = 0; i < 10; i++) {
    clock.advance(1000);
    await settle();
  }
  assert.equal(store.health, "ok");
  await store.close();
});

Deno.test("the real disk answers", async () => {
  const folder = await Deno.makeTempDir();
  const clock = new ManualClock();
  const store = await openStore(
    settings(`${folder}/store.kv`, "durable", { lowSpacePercent: 100 }),
    clock,
  );
  const world = await World.load(store);
  for (let i = 0; store.health === "ok"; i++) {
    assert.ok(i < 10_000, "no disk is free altogether");
    world.begin(`${i}`);
    await world.committed();
  }
  assert.match(store.status.reason!, /^the disk has \d+ bytes left/);
  await store.close();
  await Deno.remove(folder, { recursive: true });
});
