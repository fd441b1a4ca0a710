import assert from "node:assert/strict";
import { StoreError } from "../../src/store/base/store_error.ts";
import type { JournaledBlocks } from "../../src/store/copies/journaled_blocks.ts";
import { systemFiles } from "../../src/store/files/system_files.ts";
import { findCopies } from "../../src/store/copies/copies.ts";
import { latestLine } from "../../src/store/copies/recovery.ts";
import { openStore } from "../../src/store/mod.ts";
import type { Disk } from "../../src/store/opening/disk.ts";
import { systemDisk } from "../../src/store/opening/system_disk.ts";
import { until } from "../support/wait.ts";
import { settle } from "./faulty_blocks.ts";
import { Commits, CopiedMemory, JournaledStore } from "./journaled_store.ts";
import { KeptFolder } from "./kept_folder.ts";
import { settings } from "./settings.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A store whose snapshot has failed, so that it is due again in a minute. */
async function withDueSnapshot(
  store: JournaledStore<CopiedMemory>,
  commits: Commits,
): Promise<JournaledBlocks> {
  const { blocks, clock, told } = store;
  const journaled = await store.open();
  for (let count = 0; count < 3; count++) {
    await journaled.commit(commits.next());
  }
  blocks.unreadable = new Error("Input/output error");
  clock.advance(HOUR);
  await journaled.commit(commits.next());
  await until("the failed snapshot", () => told.length === 1);
  blocks.unreadable = null;
  await journaled.commit(commits.next());
  return journaled;
}

Deno.test("a snapshot that comes due between two tries of a commit leaves no gap in the journals", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  const journaled = await withDueSnapshot(store, commits);
  const { blocks } = store;
  const tried = commits.next();
  blocks.fault = new Error("disk is full");
  await assert.rejects(journaled.commit(tried));
  store.clock.advance(MINUTE);
  blocks.fault = null;
  await journaled.commit(tried);
  await journaled.commit(commits.next());
  assert.equal(await store.reach(), commits.count);
  await until("the snapshot", () => store.told.at(-1) === null);
  await journaled.commit(commits.next());
  await journaled.close();
  assert.equal(await store.reach(), commits.count);
});

Deno.test("a commit that another broker prevents is in no journal, although a snapshot came due", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  const journaled = await withDueSnapshot(store, commits);
  const { blocks } = store;
  const { commit } = blocks.head;
  const tried = commits.next();
  blocks.fault = new Error("disk is full");
  await assert.rejects(journaled.commit(tried));
  store.clock.advance(MINUTE);
  blocks.fault = new StoreError("taken", "another broker");
  await assert.rejects(journaled.commit(tried));
  assert.equal(await store.reach(), commit);
  await journaled.close();
});

Deno.test("a scrub that ends between two tries of a commit leaves no gap in the journals", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  const { blocks } = store;
  const journaled = await store.open();
  for (let count = 0; count < 5; count++) {
    await journaled.commit(commits.next());
  }
  const tried = commits.next();
  blocks.fault = new Error("disk is full");
  await assert.rejects(journaled.commit(tried));
  const path = `${store.path}.journal-0`;
  const bytes = Deno.readFileSync(path);
  bytes[200] ^= 4;
  Deno.writeFileSync(path, bytes);
  assert.match(
    (await journaled.scrub(() => Promise.resolve()))!,
    /second copy was damaged/,
  );
  blocks.fault = null;
  await journaled.commit(tried);
  for (let count = 0; count < 3; count++) {
    await journaled.commit(commits.next());
  }
  await until("the new copy", () => store.names.length === 2);
  await journaled.close();
  assert.equal(await store.reach(), commits.count);
});

Deno.test("a second copy that could not be begun leaves the journal of the next try alone", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  for (let count = 0; count < 3; count++) {
    await store.blocks.commit(commits.next());
  }
  const renewal = { aside: null };
  let removed = 0;
  store.files = {
    ...systemFiles,
    remove: (path) => (removed++, systemFiles.remove(path)),
    open: (path, how) =>
      how === "create"
        ? Promise.reject(new Error("No space left on device"))
        : systemFiles.open(path, how),
  };
  await assert.rejects(store.open({ renewal }), /No space left/);
  assert.deepEqual(store.told, [], "the error says it all");
  store.files = systemFiles;
  const journaled = await store.open({ renewal });
  await journaled.commit(commits.next());
  const before = removed;
  store.clock.advance(MINUTE);
  await settle();
  assert.equal(removed, before, "its timer has ended");
  await journaled.commit(commits.next());
  await journaled.close();
  assert.equal(await store.reach(), commits.count);
});

Deno.test("a journal whose name cannot be synced leaves no file open, however often it is tried", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  let open = 0;
  let isFailing = false;
  store.files = {
    ...systemFiles,
    async open(path, how) {
      const file = await systemFiles.open(path, how);
      open++;
      const close = file.close.bind(file);
      file.close = () => (open--, close());
      file.sync = () =>
        isFailing ? Promise.reject(new Error("I/O error")) : Promise.resolve();
      return file;
    },
    syncFolder: (path) =>
      isFailing
        ? Promise.reject(new Error("I/O error"))
        : systemFiles.syncFolder(path),
  };
  const journaled = await store.open();
  await journaled.commit(commits.next());
  isFailing = true;
  const tried = commits.next();
  for (let tries = 0; tries < 5; tries++) {
    await assert.rejects(journaled.commit(tried), /I\/O error/);
  }
  assert.equal(open, 1);
  isFailing = false;
  await journaled.commit(tried);
  await journaled.close();
  assert.equal(open, 0);
  assert.equal(await store.reach(), commits.count);
});

Deno.test("blocks whose left copies cannot be found are closed again", async () => {
  await using folder = new KeptFolder();
  let opened = 0;
  const disk: Disk = {
    ...systemDisk,
    files: {
      ...systemFiles,
      list: (path) =>
        opened > 0
          ? Promise.reject(new Error("Input/output error"))
          : systemFiles.list(path),
    },
    async openBlocks(path) {
      const blocks = await systemDisk.openBlocks(path);
      opened++;
      const close = blocks.close.bind(blocks);
      blocks.close = () => (opened--, close());
      return blocks;
    },
  };
  await assert.rejects(
    openStore(settings(folder.path, "durable"), folder.clock, null, disk),
    /cannot be searched for copies: Input\/output error/,
  );
  assert.equal(opened, 0);
});

Deno.test("a scrub that begins while a snapshot does waits for it, and finds nothing", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  let begin = () => {};
  const mayBegin = new Promise<void>((resolve) => begin = resolve);
  store.files = {
    ...systemFiles,
    open: async (path, how) => {
      if (path.endsWith(".journal-40")) await mayBegin;
      return await systemFiles.open(path, how);
    },
  };
  const journaled = await store.open();
  for (let count = 0; count < 40; count++) {
    await journaled.commit(commits.next());
  }
  store.clock.advance(HOUR);
  let holds = false;
  const committing = journaled.commit(commits.next())
    .then(() => holds = true);
  await settle();
  const held: (() => void)[] = [];
  let pauses = 0;
  const scrub = journaled.scrub(() => {
    pauses++;
    return new Promise((resolve) =>
      holds ? held.push(resolve) : setImmediate(resolve)
    );
  });
  await until("the scrub to wait", () => pauses > 0);
  begin();
  await committing;
  await until(
    "the end of the snapshot",
    () => store.blocks.keepFrom === Infinity && store.names.length === 3,
  );
  // Blocks that the scrub would still have to read are let go.
  commits.first = 35;
  await journaled.commit(commits.next());
  holds = false;
  for (const resume of held) resume();
  assert.equal(await scrub, null);
  assert.deepEqual(store.damage, []);
  await journaled.close();
});

Deno.test("a scrub of the copies pauses once a MiB, and keeps no blocks meanwhile", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  const journaled = await store.open();
  // Some 60 bytes of blocks each, and 2 MiB in one.
  for (let count = 0; count < 300; count++) {
    await journaled.commit(commits.next(count === 150 ? 2 ** 21 : 0));
  }
  store.clock.advance(HOUR);
  await journaled.commit(commits.next());
  await until("the snapshot", () => store.names.length === 3);
  await until("its end", () => store.blocks.keepFrom === Infinity);
  const kept: number[] = [];
  let isInCopies = false;
  const read = store.blocks.read.bind(store.blocks);
  store.blocks.read = (each, head) =>
    read(each, head).finally(() => isInCopies = true);
  const pause = () => {
    if (isInCopies) kept.push(store.blocks.keepFrom);
    return Promise.resolve();
  };
  assert.equal(await journaled.scrub(pause), null);
  assert.deepEqual([...new Set(kept)], [Infinity]);
  assert.ok(kept.length >= 2 && kept.length < 10, `${kept.length} pauses`);
  await journaled.close();
});

Deno.test("copies that a snapshot removes while a scrub reads them are no damage", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  const journaled = await store.open();
  await journaled.commit(commits.next());
  const open = systemFiles.open;
  store.files = {
    ...systemFiles,
    open(path, how) {
      if (how === "read") Deno.removeSync(path);
      return open(path, how);
    },
  };
  const { scrubCopies } = await import(
    "../../src/store/copies/scrub_copies.ts"
  );
  const pause = () => Promise.resolve();
  assert.deepEqual(await scrubCopies(store.files, store.path, pause), []);
  await journaled.close();
});

Deno.test("a snapshot that is tried again and again begins one journal, which is kept as long as it is needed", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  const journaled = await store.open();
  await journaled.commit(commits.next());
  store.blocks.unreadable = new Error("Input/output error");
  let tries = 0;
  const read = store.blocks.read.bind(store.blocks);
  store.blocks.read = (each, head) => (tries++, read(each, head));
  store.clock.advance(HOUR);
  await journaled.commit(commits.next());
  for (let count = 1; count <= 5; count++) {
    await until(
      "a try",
      () => tries === count && store.blocks.keepFrom === Infinity,
    );
    await journaled.commit(commits.next());
    store.clock.advance(MINUTE);
  }
  await until("the last try", () => tries === 6);
  const journal = ["store.kv.journal-0", "store.kv.journal-1"];
  assert.deepEqual(store.names, journal);
  await until("its end", () => store.blocks.keepFrom === Infinity);
  store.blocks.unreadable = null;
  store.clock.advance(MINUTE);
  await until("a snapshot", () => store.told.at(-1) === null);
  await journaled.commit(commits.next());
  store.clock.advance(HOUR);
  for (let made = 1; made < 4; made++) {
    const { count } = commits;
    await journaled.commit(commits.next());
    const name = `store.kv.snapshot-${count}`;
    await until("a snapshot", () => store.names.includes(name));
    await until("its end", () => store.blocks.keepFrom === Infinity);
    await journaled.commit(commits.next());
    store.clock.advance(HOUR);
    // The older of both snapshots leads to the present as well.
    const copies = await findCopies(systemFiles, store.path);
    const snapshots = copies.snapshots.slice(1);
    assert.equal(snapshots.length, 1);
    const line = await latestLine(systemFiles, { ...copies, snapshots });
    assert.equal(line.reach.commit, commits.count);
  }
  assert.ok(!store.names.includes(journal[0]));
  await journaled.close();
});

Deno.test("no timer is left when a second copy is closed, although snapshots have failed", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const { clock } = store;
  const { after } = clock;
  let running = 0;
  clock.after = (ms, task) => {
    let isOver = false;
    const over = () => {
      if (!isOver) running--;
      isOver = true;
    };
    running++;
    const cancel = after.call(clock, ms, () => (over(), task()));
    return () => (over(), cancel());
  };
  const commits = new Commits();
  // So many journals that a snapshot is due before its time.
  for (let run = 0; run < 24; run++) {
    const journaled = await store.open();
    await journaled.commit(commits.next());
    await journaled.close();
  }
  const space = { free: 0, diskRoom: 0 };
  const journaled = await store.open({ space });
  await journaled.commit(commits.next());
  assert.match(store.told.at(-1)!, /disk has room for 0/);
  assert.equal(running, 1);
  await journaled.close();
  assert.equal(running, 0);
});

Deno.test("while messages are refused, copies shrink to hardly more than two snapshots; before, they may be larger", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const space = { diskRoom: 1, free: Infinity };
  const journaled = await store.open({ space });
  const commits = new Commits();
  for (let count = 0; count < 100; count++) {
    await journaled.commit(commits.next(60_000));
  }
  const copies = journaled.copied;
  const stored = copies / 2.6;
  journaled.tighten(stored);
  await settle();
  assert.deepEqual(store.names, ["store.kv.journal-0"]);
  space.diskRoom = -1;
  journaled.tighten(copies / 2.2);
  await settle();
  assert.deepEqual(store.names, ["store.kv.journal-0"]);
  journaled.tighten(stored);
  await until("a snapshot", () => store.names.length === 3);
  await journaled.close();
});
