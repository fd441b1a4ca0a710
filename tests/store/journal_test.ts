import assert from "node:assert/strict";
import { sealBlock } from "../../src/store/blocks/block.ts";
import { type Commit, EMPTY } from "../../src/store/blocks/blocks.ts";
import {
  findCopies,
  journalPath,
  snapshotPath,
} from "../../src/store/copies/copies.ts";
import { encodeCopyHead } from "../../src/store/copies/copy_head.ts";
import { Journal } from "../../src/store/copies/journal.ts";
import {
  type Gap,
  readJournal,
} from "../../src/store/copies/journal_reader.ts";
import type { Files } from "../../src/store/files/files.ts";
import { MemoryBlocks } from "../support/memory_blocks.ts";
import { openStore } from "../../src/store/mod.ts";
import {
  catchUp,
  latestLine,
  rebuild,
} from "../../src/store/copies/recovery.ts";
import { writeSnapshot } from "../../src/store/copies/snapshot.ts";
import { systemFiles as files } from "../../src/store/files/system_files.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";
import { settle } from "./faulty_blocks.ts";
import { settings } from "./settings.ts";
import { message, World } from "./world.ts";

async function withFolder(
  body: (store: string, names: () => string[]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(
      `${folder}/store.kv`,
      () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A commit of one block, whose number is the commit's; 0 is of no past. */
function commit(number: number): Commit {
  const bytes = new Uint8Array(20).fill(number);
  sealBlock(bytes, number, 0, 0);
  return {
    head: { ...EMPTY, last: number, commit: number, epoch: Math.sign(number) },
    blocks: [{ number, bytes }],
  };
}

async function write(
  store: string,
  base: number,
  numbers: readonly number[],
): Promise<void> {
  const path = journalPath(store, base);
  const journal = await Journal.create(files, path, commit(base).head);
  for (const number of numbers) await journal.append(commit(number));
  journal.close();
}

async function buildLatest(blocks: MemoryBlocks, store: string): Promise<void> {
  await rebuild(
    files,
    blocks,
    store,
    await latestLine(files, await findCopies(files, store)),
  );
}

async function commitsIn(path: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { head } of readJournal(files, path)) {
    numbers.push(head.commit);
  }
  return numbers;
}

Deno.test("a journal is read up to where it is torn", () =>
  withFolder(async (store) => {
    await write(store, 0, [1, 2, 3]);
    const path = journalPath(store, 0);
    const { size } = Deno.statSync(path);
    assert.deepEqual(await commitsIn(path), [1, 2, 3]);
    const head = encodeCopyHead(EMPTY).length;
    const frame = (size - head) / 3;
    for (let length = size - 1; length >= 0; length--) {
      Deno.truncateSync(path, length);
      const whole = Math.max(0, Math.floor((length - head) / frame));
      assert.deepEqual(await commitsIn(path), [1, 2, 3].slice(0, whole));
    }
  }));

Deno.test("what a failed write left in a journal is written over", () =>
  withFolder(async (store) => {
    const path = journalPath(store, 0);
    const journal = await Journal.create(files, path, EMPTY);
    await journal.append(commit(1));
    // A disk that takes a few bytes of the next one and is full.
    const { prototype } = Deno.FsFile;
    const { write } = prototype;
    prototype.write = async function (bytes: Uint8Array) {
      await write.call(this, bytes.subarray(0, 7));
      throw new Error("No space left on device");
    };
    try {
      await assert.rejects(journal.append(commit(2)));
    } finally {
      prototype.write = write;
    }
    await journal.append(commit(2));
    await journal.append(commit(3));
    journal.close();
    assert.deepEqual(await commitsIn(path), [1, 2, 3]);
  }));

Deno.test("journals are played in order and without a gap", () =>
  withFolder(async (store) => {
    await write(store, 0, [1, 2, 3]);
    await write(store, 3, [4, 5]);
    await write(store, 6, [7, 8]);
    const blocks = new MemoryBlocks();
    await catchUp(files, blocks, store);
    assert.equal(blocks.head.commit, 5);
  }));

Deno.test("a journal of another past has the right numbers and is passed over", () =>
  withFolder(async (store) => {
    await write(store, 0, [1, 2, 3]);
    const other = { ...commit(3).head, epoch: 2 };
    const journal = await Journal.create(files, journalPath(store, 3), other);
    for (const number of [4, 5]) await journal.append(commit(number));
    journal.close();
    const blocks = new MemoryBlocks();
    await catchUp(files, blocks, store);
    assert.equal(blocks.head.commit, 3);
  }));

Deno.test("the newest whole snapshot is built on", () =>
  withFolder(async (store) => {
    const blocks = new MemoryBlocks();
    await write(store, 0, [1, 2, 3, 4, 5, 6]);
    for (let number = 1; number <= 5; number++) {
      await blocks.commit(commit(number));
      if (number === 1) continue;
      await writeSnapshot(
        files,
        store,
        blocks.head,
        (each) => blocks.read(each),
      );
    }
    // One that was never finished, and one that says another number.
    Deno.truncateSync(snapshotPath(store, 5), 10);
    Deno.renameSync(snapshotPath(store, 2), snapshotPath(store, 9));
    await Deno.remove(journalPath(store, 0));
    const built = new MemoryBlocks();
    await buildLatest(built, store);
    assert.equal(built.head.commit, 4);
    assert.deepEqual(built.blocks, new Map([...blocks.blocks].slice(0, 4)));
    await write(store, 4, [5, 6, 7]);
    const further = new MemoryBlocks();
    await buildLatest(further, store);
    assert.equal(further.head.commit, 7);
  }));

Deno.test("two snapshots are kept, and the journals from the older one on", () =>
  withFolder(async (store, names) => {
    const clock = new ManualClock();
    const world = await World.load(
      await openStore(settings(store, "fault-tolerant"), clock),
    );
    const numbers = (what: string) =>
      names().map((name) => name.split(`.${what}-`)[1] ?? "none")
        .filter((number) => /^\d+$/.test(number)).map(Number)
        .sort((a, b) => a - b);
    for (let newest = -1; newest < 20;) {
      // A snapshot is made beside the commits, and the next is due after it.
      clock.advance(3_600_000);
      world.retain(message("t", `${newest}`, { retain: true }));
      await world.committed();
      await settle();
      newest = Math.max(newest, ...numbers("snapshot"));
      assert.ok(numbers("snapshot").length <= 3, "one may be made just now");
    }
    const isQuiet = () =>
      numbers("snapshot").length === 2 &&
      numbers("journal")[0] === numbers("snapshot")[0];
    await until("the last snapshot", isQuiet);
    await world.store.close();
  }));

Deno.test("without a change there is no snapshot", () =>
  withFolder(async (store, names) => {
    const clock = new ManualClock();
    const world = await World.load(
      await openStore(settings(store, "fault-tolerant"), clock),
    );
    world.begin("a");
    await world.committed();
    for (let hour = 0; hour < 10; hour++) {
      clock.advance(3_600_000);
      const before = world.store.status.commits;
      world.store.keepTime();
      await until(
        "the time to be kept",
        () => world.store.status.commits > before,
      );
    }
    await settle();
    assert.ok(!names().some((name) => name.includes("snapshot")));
    world.begin("b");
    await world.committed();
    await until(
      "a snapshot",
      () => names().some((name) => name.includes("snapshot")),
    );
    await world.store.close();
  }));

Deno.test("a store that becomes fault-tolerant has a second copy at once", () =>
  withFolder(async (store, names) => {
    const first = await World.load(
      await openStore(settings(store, "durable"), new ManualClock()),
    );
    first.begin("a");
    const before = first.picture();
    await first.store.close();
    const second = await openStore(
      settings(store, "fault-tolerant"),
      new ManualClock(),
    );
    assert.ok(names().some((name) => /snapshot-1$/.test(name)));
    await second.close();
    Deno.writeFileSync(store, new Uint8Array(5000).fill(9));
    const third = await World.load(
      await openStore(settings(store, "fault-tolerant"), new ManualClock()),
    );
    assert.deepEqual(third.picture(), before);
    await third.store.close();
  }));

Deno.test("zeros in place of a journal's beginning are searched in a few reads", async () => {
  await withFolder(async (store) => {
    await write(store, 0, [1, 2, 3]);
    const path = journalPath(store, 0);
    const bytes = Deno.readFileSync(path);
    // A torn write leaves zeros: the head's sum and the first mark are gone.
    bytes.fill(0, 8, bytes.length / 2);
    const zeros = new Uint8Array(1_000_000);
    Deno.writeFileSync(path, Uint8Array.from([...bytes, ...zeros]));
    let reads = 0;
    const counting: Files = {
      ...files,
      async open(path, how) {
        const file = await files.open(path, how);
        const read = file.read.bind(file);
        file.read = (into) => (reads++, read(into));
        return file;
      },
    };
    const gaps: Gap[] = [];
    for await (const _ of readJournal(counting, path, (gap) => gaps.push(gap)));
    assert.equal(gaps.at(-1)!.isEnd, true);
    assert.ok(reads < 50, `${reads} reads`);
  });
});

Deno.test("a journal's head is on disk before its first frame, so no power cut tears it from a frame", async () => {
  await withFolder(async (store) => {
    const path = journalPath(store, 0);
    /** Length of the file at each sync. */
    const synced: number[] = [];
    const noting: Files = {
      ...files,
      async open(path, how) {
        const file = await files.open(path, how);
        const sync = file.sync.bind(file);
        file.sync = async () => {
          await sync();
          synced.push(Deno.statSync(path).size);
        };
        return file;
      },
    };
    const journal = await Journal.create(noting, path, commit(0).head);
    assert.equal(Deno.statSync(path).size, 0);
    await journal.append(commit(1));
    const first = journal.length;
    await journal.append(commit(2));
    journal.close();
    assert.deepEqual(synced, [128, first, journal.length]);
    assert.deepEqual(await commitsIn(path), [1, 2]);
  });
});
