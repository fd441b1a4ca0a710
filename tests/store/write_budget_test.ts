import assert from "node:assert/strict";
import { sumOf } from "../../src/store/base/write_counter.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import type { StorageMode } from "../../src/store/mod.ts";
import {
  LONGEST_PAUSE,
  waitingIn,
  WriteBudget,
} from "../../src/store/space/write_budget.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";
import { FaultyBlocks, settle } from "./faulty_blocks.ts";
import { KeptFolder } from "./kept_folder.ts";
import { message, World } from "./world.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const MB = 1_000_000;

/** A store in memory with a budget. */
async function start(mode: Exclude<StorageMode, "memory">, budget: number) {
  const clock = new ManualClock();
  const blocks = new FaultyBlocks();
  const told: (string | null)[] = [];
  const settings = {
    writeBudget: budget,
    budgetTrouble: (trouble: string | null) => void told.push(trouble),
  };
  const store = new LogStore(blocks, clock, {
    ...{ mode, flushInterval: 200 },
    budget: new WriteBudget(settings, clock, waitingIn(mode === "buffered")),
  });
  const world = await World.load(store);
  /** Retains a message of some pages, and lets a second pass. */
  const publish = async (n: number, bytes = 20_000) => {
    world.retain(
      message(`t/${n % 5}`, new Uint8Array(bytes), { retain: true }),
    );
    clock.advance(SECOND);
    await settle();
  };
  return { clock, blocks, told, settings, store, world, publish };
}

Deno.test("write budget: an hour's part may be written at once, then each write is paid for by a pause", () => {
  const clock = new ManualClock();
  const settings = { writeBudget: 24 * MB };
  const budget = new WriteBudget(settings, clock, "");
  budget.look(MB, MB);
  assert.equal(budget.pause, 0);
  // 22 MB a day are 1,000 bytes in 3.928 s.
  budget.look(MB + 1000, MB + 1000);
  assert.equal(budget.pause, 3928);
  assert.ok(budget.isShort);
  clock.advance(3000);
  assert.equal(budget.pause, 928);
  // Neither way of the calendar earns anything.
  clock.step(30 * DAY);
  assert.equal(budget.pause, 928);
  clock.step(-60 * DAY);
  assert.equal(budget.pause, 928);
  clock.advance(928);
  assert.ok(!budget.isShort);
  // However much was written, the pause is bounded, and so is the debt.
  budget.look(1000 * MB, 1000 * MB);
  assert.equal(budget.pause, LONGEST_PAUSE);
  clock.advance(DAY + 3 * HOUR);
  assert.equal(budget.pause, 0);
  // Without a budget nothing waits; another one counts from now on.
  budget.look(2000 * MB, 2000 * MB);
  settings.writeBudget = 0;
  assert.equal(budget.pause, 0);
  settings.writeBudget = 240 * MB;
  assert.equal(budget.pause, 0);
  budget.look(2020 * MB, 0);
  assert.ok(budget.isShort);
});

Deno.test("write budget: a snapshot of several hours' parts waits until the one before is paid for", () => {
  const clock = new ManualClock();
  const budget = new WriteBudget({ writeBudget: 24 * MB }, clock, "");
  let written = 0;
  const days: number[] = [];
  for (let day = 0; day < 5; day++) {
    const before = written;
    for (let hour = 0; hour < 24; hour++) {
      clock.advance(HOUR);
      if (!budget.isShort) written += 8 * MB;
      budget.look(written, written - before);
    }
    days.push((written - before) / MB);
  }
  assert.ok(days.every((mb) => mb <= 24), `${days} MB a day`);
  assert.ok(days.every((mb) => mb >= 16), `${days} MB a day`);
});

Deno.test("write budget: in buffered a day's bytes keep to it, and no change waits for more than a minute", async () => {
  const { blocks, clock, store, told, publish } = await start(
    "buffered",
    240 * MB,
  );
  let longest = 0;
  let last = clock.now();
  for (let n = 0; n < 24 * 3600; n++) {
    const before = blocks.done.length;
    await publish(n);
    if (blocks.done.length === before) continue;
    longest = Math.max(longest, clock.now() - last);
    last = clock.now();
  }
  const { log, cleaning } = store.status.written;
  // Five topics of 20 KB: without pauses, 2 GB.
  assert.ok(log + cleaning <= 240 * MB, `${log + cleaning} bytes`);
  assert.ok(log + cleaning > 220 * MB, `${log + cleaning} bytes`);
  assert.ok(longest > 20 * SECOND, `${longest} ms`);
  assert.ok(longest <= LONGEST_PAUSE + SECOND, `${longest} ms`);
  assert.deepEqual(told, []);
  await store.close();
});

Deno.test("write budget: a client that waits for the disk does not wait for the budget", async () => {
  const { clock, store, publish } = await start("buffered", 24 * MB);
  await publish(0, 2 * MB);
  await publish(1);
  assert.ok(store.status.writePause > 10 * SECOND);
  let isStored = false;
  store.onStored(store.batch, () => isStored = true);
  clock.advance(200);
  await settle();
  assert.ok(isStored);
  await store.close();
});

Deno.test("write budget: durable goes on as ever; the alarm says so, and ends with the day", async () => {
  const { clock, store, told, world, publish } = await start(
    "durable",
    24 * MB,
  );
  for (let n = 0; n < 30; n++) {
    await publish(n, MB);
    let isCommitted = false;
    store.onCommitted(store.batch - 1, () => isCommitted = true);
    assert.ok(isCommitted, `commit ${n} waits`);
  }
  assert.equal(told.length, 1);
  assert.match(
    told[0]!,
    /^2\d MB were written since midnight \(UTC\), more than storage\.write_budget allows in a day \(24 MB\); commits go on, as this mode promises; cleaning and snapshots wait$/,
  );
  const { writtenToday } = store.status;
  assert.ok(sumOf(writtenToday) > 24 * MB);
  clock.advance(DAY);
  // Nothing is written on the next day: the watch of the time ends it.
  store.keepTime();
  await settle();
  assert.equal(told.at(-1), null);
  assert.ok(sumOf(store.status.writtenToday) < MB);
  world.begin("a");
  await store.close();
});

Deno.test("write budget: cleaning waits while it is short, within a bound", async () => {
  /** Bytes in the log at most, and how many of those written were cleaning. */
  const measure = async (budget: number) => {
    const { store, world, clock } = await start("buffered", budget);
    // Some that stay, and one that changes: the others are rewritten.
    for (let n = 0; n < 100; n++) {
      const bytes = new Uint8Array(10_000);
      world.retain(message(`stays/${n}`, bytes, { retain: true }));
    }
    let most = 0;
    for (let n = 0; n < 400; n++) {
      const bytes = new Uint8Array(100_000);
      world.retain(message("changes", bytes, { retain: true }));
      clock.advance(LONGEST_PAUSE);
      await settle();
      most = Math.max(most, store.status.storedBytes);
    }
    const { cleaning } = store.status.written;
    await store.close();
    return { most, cleaning };
  };
  const free = await measure(0);
  const short = await measure(MB);
  assert.ok(free.cleaning > 5 * MB, `${free.cleaning}`);
  assert.ok(short.cleaning < free.cleaning / 2, `${short.cleaning}`);
  assert.ok(free.most < 5 * MB, `${free.most}`);
  assert.ok(short.most > 10 * MB && short.most < 25 * MB, `${short.most}`);
});

Deno.test("write budget: a snapshot that the time makes due waits while it is short", async () => {
  await using folder = new KeptFolder();
  const { world } = await folder.open("fault-tolerant", {
    writeBudget: 24 * MB,
    snapshotInterval: HOUR,
  });
  const hasSnapshot = () => folder.names.some((one) => /shot-\d+$/.test(one));
  const commit = async (bytes: number) => {
    world.retain(message("t", new Uint8Array(bytes), { retain: true }));
    await world.committed();
    await until("the end of a snapshot", async () => {
      await settle();
      return !folder.names.some((name) => /shot-\d+\./.test(name));
    });
  };
  folder.clock.advance(HOUR - SECOND);
  await commit(4 * MB);
  folder.clock.advance(SECOND);
  await commit(10);
  assert.ok(!hasSnapshot(), folder.names.join(" "));
  const { journal, snapshots } = world.store.status.written;
  assert.ok(journal > 4 * MB);
  assert.equal(snapshots, 0);
  folder.clock.advance(12 * HOUR);
  await commit(10);
  await until("the snapshot", hasSnapshot);
  await until("its bytes", () => world.store.status.written.snapshots > 0);
  await world.store.close();
});
