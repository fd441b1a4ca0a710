import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Block, BLOCK_MAX } from "../../src/store/blocks/block.ts";
import { EMPTY, type Head } from "../../src/store/blocks/blocks.ts";
import { findCopies } from "../../src/store/copies/copies.ts";
import { JournaledBlocks } from "../../src/store/copies/journaled_blocks.ts";
import { readJournal } from "../../src/store/copies/journal_reader.ts";
import type { KvBlocks } from "../../src/store/kv/kv_blocks.ts";
import { StoreLock } from "../../src/store/opening/lock.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { openStore } from "../../src/store/mod.ts";
import { openKvBlocks } from "../../src/store/kv/open_kv.ts";
import { StoreError } from "../../src/store/base/store_error.ts";
import { systemFiles } from "../../src/store/files/system_files.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";
import { FaultyBlocks, settle } from "./faulty_blocks.ts";
import { KeptFolder } from "./kept_folder.ts";
import { type OpenKv, withOpenKv } from "./other_kv.ts";
import { settings } from "./settings.ts";
import { message, World } from "./world.ts";

const TAKEN = { name: "StoreError", fault: "taken" };

function head(first: number, last: number, commit: number): Head {
  return { ...EMPTY, first, last, commit, epoch: 7 };
}

function blocks(from: number, to: number): Block[] {
  const made: Block[] = [];
  for (let number = from; number <= to; number++) {
    made.push({ number, bytes: new Uint8Array(BLOCK_MAX).fill(number) });
  }
  return made;
}

/** Two brokers have the same store open, with one block in it. */
async function opened(
  folder: KeptFolder,
): Promise<[one: KvBlocks, two: KvBlocks]> {
  const one = await openKvBlocks(folder.path);
  await one.commit({ head: head(1, 1, 1), blocks: blocks(1, 1) });
  return [one, await openKvBlocks(folder.path)];
}

Deno.test("of two that have a store open, the one that commits second fails, whatever it commits", async () => {
  await using folder = new KeptFolder();
  const [one, two] = await opened(folder);
  const other = { ...head(1, 2, 2), time: 1 };
  await two.commit({ head: other, blocks: blocks(2, 2) });
  for (const last of [2, 40]) {
    const commit = { head: head(1, last, 2), blocks: blocks(2, last) };
    await assert.rejects(one.commit(commit), TAKEN);
    await assert.rejects(one.commit(commit), TAKEN);
  }
  await one.close();
  await two.commit({ head: head(1, 3, 3), blocks: blocks(3, 3) });
  await two.close();
  const again = await openKvBlocks(folder.path);
  assert.equal(again.head.commit, 3);
  const numbers: number[] = [];
  await again.read(({ number }) => void numbers.push(number));
  assert.deepEqual(numbers, [1, 2, 3]);
  await again.close();
});

Deno.test("a commit under way fails when another broker removes what looks like left by a crash", async () => {
  await using folder = new KeptFolder();
  const under = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const slow = (openKv: OpenKv): OpenKv => async (path) => {
    const kv = await openKv(path);
    const { atomic } = kv;
    let atomics = 0;
    kv.atomic = () => {
      const made = atomic.call(kv);
      const { commit } = made;
      made.commit = async () => {
        // Behind the first one, which left 12 blocks.
        if (++atomics === 3) {
          under.resolve();
          await goOn.promise;
        }
        return await commit.call(made);
      };
      return made;
    };
    return kv;
  };
  const one = await withOpenKv(slow, () => openKvBlocks(folder.path));
  await one.commit({ head: head(1, 1, 1), blocks: blocks(1, 1) });
  const committed = one.commit({ head: head(1, 40, 2), blocks: blocks(2, 40) });
  committed.catch(() => {});
  await under.promise;
  const two = await openKvBlocks(folder.path);
  goOn.resolve();
  await assert.rejects(committed, TAKEN);
  await one.close();
  await two.commit({ head: head(1, 2, 2), blocks: blocks(2, 2) });
  await two.close();
});

Deno.test("a block that another broker removed while it was read is no damage", async () => {
  await using folder = new KeptFolder();
  const [one, two] = await opened(folder);
  await two.commit({ head: head(2, 2, 2), blocks: blocks(2, 2) });
  await assert.rejects(one.read(() => {}), TAKEN);
  await one.close();
  await two.close();
});

Deno.test("a commit that worked although it was reported as failed is made again", async () => {
  await using folder = new KeptFolder();
  let isUncertain = false;
  const uncertain = (openKv: OpenKv): OpenKv => async (path) => {
    const kv = await openKv(path);
    const { atomic } = kv;
    kv.atomic = () => {
      const made = atomic.call(kv);
      const { commit } = made;
      made.commit = async () => {
        const result = await commit.call(made);
        if (isUncertain) throw new Error("disk I/O error");
        return result;
      };
      return made;
    };
    return kv;
  };
  const one = await withOpenKv(uncertain, () => openKvBlocks(folder.path));
  for (const last of [1, 40, 41]) {
    const first = last === 1 ? 1 : one.head.last + 1;
    const commit = {
      head: head(1, last, one.head.commit + 1),
      blocks: blocks(first, last),
    };
    isUncertain = true;
    await assert.rejects(one.commit(commit), /disk I\/O error/);
    isUncertain = false;
    await one.commit(commit);
    assert.equal(one.head.last, last);
  }
  let count = 0;
  await one.read(() => void count++);
  assert.equal(count, 41);
  await one.close();
});

Deno.test("a store that another broker takes acknowledges nothing from then on, says so once, and can be closed", async () => {
  for (const mode of ["buffered", "durable"] as const) {
    const blocks = new FaultyBlocks();
    const clock = new ManualClock();
    const store = new LogStore(blocks, clock, { mode, flushInterval: 200 });
    const world = await World.load(store);
    const told: string[] = [];
    store.onTaken = (reason) => void told.push(reason);
    blocks.fault = new StoreError("taken", "another one has it");
    world.begin("a");
    clock.advance(200);
    await settle();
    world.begin("b");
    let isAcknowledged = false;
    store.onCommitted(store.batch, () => isAcknowledged = true);
    clock.advance(10_000);
    await settle();
    assert.deepEqual(told, ["another one has it"]);
    assert.deepEqual([store.isStuck, store.health], [true, "failing"]);
    assert.equal(isAcknowledged, false);
    blocks.fault = null;
    await store.close();
    assert.equal(blocks.done.length, 0);
  }
});

Deno.test("a store that the commit at its end finds taken says so, once", async () => {
  for (const isWritten of [true, false]) {
    const blocks = new FaultyBlocks();
    const clock = new ManualClock();
    const store = new LogStore(blocks, clock, {
      mode: "buffered",
      flushInterval: 200,
    });
    const world = await World.load(store);
    const told: string[] = [];
    store.onTaken = (reason) => void told.push(reason);
    world.begin("a");
    clock.advance(200);
    await settle();
    assert.equal(store.status.unwritten, 0);
    // Then it only writes when it ended.
    if (!isWritten) world.begin("b");
    clock.advance(isWritten ? 2_000 : 100);
    blocks.fault = new StoreError("taken", "another one has it");
    await store.close();
    assert.deepEqual(told, ["another one has it"], `written: ${isWritten}`);
  }
});

Deno.test("fault-tolerant: what the other broker's store refused is not left in the journal", async () => {
  await using folder = new KeptFolder();
  const [kv, other] = await opened(folder);
  const one = await JournaledBlocks.open(kv, folder.clock, {
    files: systemFiles,
    path: folder.path,
    snapshotInterval: 3_600_000,
  });
  await one.commit({ head: head(1, 2, 2), blocks: blocks(2, 2) });
  await other.close();
  const two = await openKvBlocks(folder.path);
  await two.commit({ head: head(1, 3, 3), blocks: blocks(3, 3) });
  await assert.rejects(
    one.commit({ head: head(1, 4, 3), blocks: blocks(3, 4) }),
    TAKEN,
  );
  await one.close();
  await two.close();
  const [journal] = (await findCopies(systemFiles, folder.path)).journals;
  const commits: number[] = [];
  for await (const { head } of readJournal(systemFiles, journal.path)) {
    commits.push(head.commit);
  }
  assert.deepEqual(commits, [2]);
});

Deno.test("a store has one lock, by whatever symbolic links it is found", async () => {
  await using folder = new KeptFolder();
  const real = `${folder.folder}/real`;
  await Deno.mkdir(real);
  await Deno.symlink(real, `${folder.folder}/link`);
  // The file is missing until it is opened.
  await Deno.symlink(`${real}/store.kv`, folder.path);
  const paths = [`${real}/store.kv`, `${folder.folder}/link/store.kv`];
  for (const path of [folder.path, ...paths]) {
    const store = await openStore(settings(path, "durable"), new ManualClock());
    for (const other of [folder.path, ...paths]) {
      await assert.rejects(StoreLock.take(other, "other"), { fault: "locked" });
    }
    const world = await World.load(store);
    world.retain(message("r", "x", { retain: true }));
    await store.close();
  }
  assert.deepEqual(folder.having(".lock"), []);
});

Deno.test("a store that is open under a hard link is refused", async () => {
  await using folder = new KeptFolder();
  const other = `${folder.folder}/other.kv`;
  await (await folder.open("durable")).world.store.close();
  await until("the log to go", () => folder.having("-shm").length === 0);
  await Deno.link(folder.path, other);
  const { world } = await folder.open("durable");
  world.retain(message("r", "x", { retain: true }));
  await world.committed();
  for (let tries = 0; tries < 2; tries++) {
    await assert.rejects(
      openStore(settings(other, "durable"), new ManualClock()),
      { fault: "locked", message: /other\.kv is in use under another path/ },
    );
  }
  await world.store.close();
  await until("the log to go", () => folder.having("-shm").length === 0);
  const store = await openStore(settings(other, "durable"), new ManualClock());
  const again = await World.load(store);
  assert.equal(again.state.places.size, 1);
  await store.close();
});

Deno.test("a reader of the store does not keep a broker from starting", async () => {
  await using folder = new KeptFolder();
  await (await folder.open("durable")).world.store.close();
  await until("the log to go", () => folder.having("-shm").length === 0);
  const reader = new DatabaseSync(folder.path, { readOnly: true });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM kv").get();
  const { world } = await folder.open("durable");
  await world.store.close();
  reader.close();
});
