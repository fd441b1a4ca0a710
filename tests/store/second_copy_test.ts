import assert from "node:assert/strict";
import { COPY_HEAD } from "../../src/store/copies/copy_head.ts";
import type { Disk } from "../../src/store/opening/disk.ts";
import { startOrRebuild } from "../../src/store/opening/start_from_copies.ts";
import { openStore } from "../../src/store/mod.ts";
import { sumOf } from "../../src/store/base/sum.ts";
import { systemDisk } from "../../src/store/opening/system_disk.ts";
import { systemFiles } from "../../src/store/files/system_files.ts";
import { until } from "../support/wait.ts";
import { flipBlock } from "./flip_block.ts";
import { KeptFolder, type OpenedWorld } from "./kept_folder.ts";
import { settings } from "./settings.ts";
import { assertSame, message, type World } from "./world.ts";

const HOUR = 3_600_000;

const isStore = (name: string) => /^store\.kv(-wal)?$/.test(name);
const isCopy = (name: string) => /\.(journal|snapshot)-\d+$/.test(name);

/** So many commits, each with a message of its own. */
async function commits(world: World, count: number, text = "x") {
  for (let i = 0; i < count; i++) {
    world.retain(message(`${text}/${i}`, `${text} ${i}`, { retain: true }));
    await world.committed();
  }
}

/** One more commit, and a snapshot that is due with it. */
async function snapshot(folder: KeptFolder, { world }: OpenedWorld) {
  const before = folder.having("snapshot-");
  folder.clock.advance(HOUR);
  await commits(world, 1, "due");
  await until(
    "a snapshot",
    () =>
      folder.having("snapshot-").some((name) => !before.includes(name)) &&
      folder.having(".partial").length === 0,
  );
}

/** Flips a bit in the middle of a file. */
function flip(path: string, at = Deno.statSync(path).size >> 1) {
  const bytes = Deno.readFileSync(path);
  bytes[at] ^= 4;
  Deno.writeFileSync(path, bytes);
}

/** Puts zeros into the middle of a file. */
function wipe(path: string, length: number) {
  const bytes = Deno.readFileSync(path);
  const at = bytes.length >> 1;
  Deno.writeFileSync(path, bytes.fill(0, at, at + length));
}

Deno.test("fault-tolerant: journals of a past that was given up are not mixed in", async () => {
  await using folder = new KeptFolder();
  for (const text of ["first", "second"]) {
    const { world } = await folder.open();
    await commits(world, 20, text);
    await world.store.close();
  }
  // A commit in the middle of the first journal is gone, and no copy has it.
  wipe(`${folder.path}.journal-0`, 300);
  folder.ruin();
  const mended = await folder.open();
  assert.match(mended.alarm!, /rebuilt .*later commits are damaged/);
  assert.ok(folder.having("corrupt-").some(isCopy), "old copies are kept");
  assert.deepEqual(folder.having("store.kv.journal-0"), []);
  // Up to the number the second journal begins with.
  await commits(mended.world, 40, "third");
  const before = mended.world.picture();
  await mended.world.store.close();
  folder.ruin();
  const again = await folder.open();
  assertSame(again.world.picture(), before);
  await again.world.store.close();
});

Deno.test("fault-tolerant: a copy that goes missing beside a whole store is made anew", async () => {
  for (const lost of ["journal-", "snapshot-"]) {
    await using folder = new KeptFolder();
    const open = await folder.open();
    // With the second snapshot the journal from the beginning goes.
    for (let count = 0; count < 2; count++) {
      await commits(open.world, 5);
      await snapshot(folder, open);
    }
    await until(
      "the first journal to go",
      () => !folder.names.includes("store.kv.journal-0"),
    );
    await commits(open.world, 5, "later");
    const before = open.world.picture();
    await open.world.store.close();
    for (const name of folder.having(lost)) {
      Deno.removeSync(`${folder.folder}/${name}`);
    }
    const noticed = await folder.open();
    assert.match(noticed.alarm!, /second copy .* was damaged or incomplete/);
    assertSame(noticed.world.picture(), before);
    await noticed.world.store.close();
    const quiet = await folder.open();
    assert.equal(quiet.alarm, null);
    await quiet.world.store.close();
    folder.ruin();
    const mended = await folder.open();
    assertSame(mended.world.picture(), before, lost);
    await mended.world.store.close();
  }
});

Deno.test("fault-tolerant: a damaged newest snapshot beside a whole store is made anew", async () => {
  await using folder = new KeptFolder();
  const open = await folder.open();
  await commits(open.world, 5);
  await snapshot(folder, open);
  await open.world.store.close();
  flip(`${folder.folder}/${folder.having("snapshot-")[0]}`);
  const noticed = await folder.open();
  assert.match(noticed.alarm!, /second copy .* was damaged/);
  await noticed.world.store.close();
  const quiet = await folder.open();
  assert.equal(quiet.alarm, null);
  await quiet.world.store.close();
});

Deno.test("fault-tolerant: without its file it is built from a snapshot alone", async () => {
  await using folder = new KeptFolder();
  const open = await folder.open();
  await commits(open.world, 5);
  await snapshot(folder, open);
  await open.world.store.close();
  await using other = new KeptFolder();
  await folder.copyTo(other, (name) => name.includes("snapshot-"));
  const mended = await other.open();
  assert.match(mended.alarm!, /was missing; the broker rebuilt/);
  const { retained } = mended.world.picture() as { retained: unknown[] };
  assert.ok(retained.length >= 5);
  await mended.world.store.close();
});

Deno.test("fault-tolerant: without its file, and with damaged copies, it says what it lost", async () => {
  await using folder = new KeptFolder();
  const open = await folder.open();
  await commits(open.world, 5);
  await open.world.store.close();
  Deno.removeSync(folder.path);
  Deno.truncateSync(`${folder.path}.journal-0`, COPY_HEAD);
  await assert.rejects(
    folder.open("fault-tolerant", { onCorruption: "refuse" }),
    {
      fault: "corrupt",
      message: /the store .*store\.kv is damaged: missing/,
    },
  );
  const empty = await folder.open();
  assert.match(empty.alarm!, /was missing, and no copy .* empty store/);
  await empty.world.store.close();
});

Deno.test("fault-tolerant: killed between journal and store it catches up and says nothing", async () => {
  await using folder = new KeptFolder();
  await using other = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, 5);
  await folder.copyTo(other, isStore);
  await commits(world, 1, "last");
  await folder.copyTo(other, isCopy);
  const before = world.picture();
  await world.store.close();
  const caught = await other.open();
  assert.equal(caught.alarm, null);
  assertSame(caught.world.picture(), before);
  assert.deepEqual(other.having("corrupt-"), []);
  await caught.world.store.close();
});

Deno.test("fault-tolerant: what a killed broker left in its journal is written again before the store gets it", async () => {
  await using folder = new KeptFolder();
  await using other = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, 5);
  await folder.copyTo(other, isStore);
  await commits(world, 1, "last");
  await folder.copyTo(other, isCopy);
  await world.store.close();
  const done: string[] = [];
  const disk: Disk = {
    ...systemDisk,
    files: {
      ...systemFiles,
      writeAgain: (path, from) => {
        done.push("written again");
        return systemFiles.writeAgain(path, from);
      },
    },
    async openBlocks(path) {
      const blocks = await systemDisk.openBlocks(path);
      const commit = blocks.commit.bind(blocks);
      blocks.commit = (one) => {
        done.push("commit");
        return commit(one);
      };
      return blocks;
    },
  };
  await startOrRebuild({
    disk,
    path: other.path,
    now: 0,
    refuse: true,
    doubt: null,
    keepsCopies: true,
  });
  assert.deepEqual(done, ["written again", "commit"]);
});

Deno.test("fault-tolerant: many commits that the store lost come back with a word", async () => {
  await using folder = new KeptFolder();
  await using other = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, 5);
  await folder.copyTo(other, isStore);
  await commits(world, 7, "lost");
  await folder.copyTo(other, isCopy);
  const before = world.picture();
  await world.store.close();
  const caught = await other.open();
  assert.match(caught.alarm!, /lacked its last 7 commits; the journal had/);
  assertSame(caught.world.picture(), before);
  assert.deepEqual(other.having("corrupt-"), []);
  await caught.world.store.close();
});

Deno.test("fault-tolerant: a store that was kept without a journal meanwhile is left as it is", async () => {
  await using folder = new KeptFolder();
  const first = await folder.open();
  await commits(first.world, 10, "journaled");
  await first.world.store.close();
  const second = await folder.open("durable");
  await commits(second.world, 3, "not journaled");
  const before = second.world.picture();
  await second.world.store.close();
  for (let start = 0; start < 2; start++) {
    const third = await folder.open();
    assert.equal(third.alarm, null, "nothing is wrong");
    assertSame(third.world.picture(), before);
    await third.world.store.close();
  }
  assert.ok(
    !folder.names.includes("store.kv.journal-0"),
    "the old copy is gone",
  );
  folder.ruin();
  const mended = await folder.open();
  assertSame(mended.world.picture(), before);
  await mended.world.store.close();
});

Deno.test("fault-tolerant: a snapshot that failed is told of, and tried again", async () => {
  for (const inTheWay of ["journal-6", "snapshot-6.partial"]) {
    await using folder = new KeptFolder();
    const told: (string | null)[] = [];
    const { world } = await folder.open("fault-tolerant", {
      snapshotTrouble: (trouble) => told.push(trouble),
    });
    await commits(world, 6);
    // A folder with something in it can be neither removed nor written.
    const hindrance = `${folder.path}.${inTheWay}`;
    Deno.mkdirSync(`${hindrance}/full`, { recursive: true });
    folder.clock.advance(HOUR);
    await commits(world, 1, "due");
    await until("the alarm", () => told.length > 0);
    await commits(world, 3, "goes on");
    folder.clock.advance(60_000);
    await commits(world, 1, "again");
    Deno.removeSync(hindrance, { recursive: true });
    folder.clock.advance(60_000);
    await commits(world, 1, "at last");
    await until("its end", () => told.at(-1) === null);
    assert.match(String(told[0]), /no snapshot of the store could be made/);
    assert.ok(folder.having("snapshot-").length > 0);
    await world.store.close();
  }
});

Deno.test("fault-tolerant: runs too short for a snapshot do not leave journals without end", async () => {
  await using folder = new KeptFolder();
  let most = 0;
  for (let run = 0; run < 60; run++) {
    const { world, alarm } = await folder.open();
    assert.equal(alarm, null);
    await commits(world, 1, `run ${run}`);
    // A snapshot that was begun is not ended by the close.
    await until("the snapshot", () => folder.having(".partial").length === 0);
    await world.store.close();
    most = Math.max(most, folder.having("journal-").length);
  }
  assert.ok(most < 55, `${most} journals`);
  folder.ruin();
  const { world } = await folder.open();
  assert.equal((world.picture() as { retained: [] }).retained.length, 60);
  await world.store.close();
});

Deno.test("fault-tolerant: what a snapshot left half written is removed", async () => {
  await using folder = new KeptFolder();
  const partial = `${folder.path}.snapshot-7.partial`;
  Deno.writeFileSync(partial, new Uint8Array(1000));
  Deno.writeFileSync(`${folder.path}.rebuilt`, new Uint8Array(1000));
  const { world, alarm } = await folder.open();
  assert.equal(alarm, null);
  assert.deepEqual(folder.having(".partial"), []);
  assert.deepEqual(folder.having(".rebuilt"), []);
  await world.store.close();
});

Deno.test("fault-tolerant: after a failed sync another journal begins", async () => {
  await using folder = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, 3);
  const { prototype } = Deno.FsFile;
  const { syncData } = prototype;
  const journal = `${folder.path}.journal-0`;
  const { size } = Deno.statSync(journal);
  // The kernel reports a failure once; the pages count as clean from then on.
  prototype.syncData = () => {
    prototype.syncData = syncData;
    const bytes = Deno.readFileSync(journal).fill(0, size);
    Deno.writeFileSync(journal, bytes);
    return Promise.reject(new Error("Input/output error (os error 5)"));
  };
  try {
    world.retain(message("failed", "sync", { retain: true }));
    const done = world.committed();
    await until("the failure", () => world.store.health === "failing");
    folder.clock.advance(1000);
    await done;
  } finally {
    prototype.syncData = syncData;
  }
  await commits(world, 3, "later");
  const before = world.picture();
  await world.store.close();
  folder.ruin();
  const mended = await folder.open();
  assertSame(mended.world.picture(), before);
  await mended.world.store.close();
});

Deno.test("copies of a later version are refused", async () => {
  await using folder = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, 5);
  await world.store.close();
  const path = `${folder.path}.journal-0`;
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer);
  view.setUint16(4, view.getUint16(4, true) + 1, true);
  const seed = view.getUint32(4, true);
  view.setUint32(8, sumOf(bytes, 12, COPY_HEAD, seed), true);
  Deno.writeFileSync(path, bytes);
  await assert.rejects(folder.open(), {
    fault: "newer",
    message: /journal-0 has schema 4, written by a newer version/,
  });
});

Deno.test("fault-tolerant: damage in mid-journal is no torn end: what is behind it counts", async () => {
  await using folder = new KeptFolder();
  await using other = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, 5);
  const { size } = Deno.statSync(`${folder.path}.journal-0`);
  await commits(world, 3, "later");
  await folder.copyTo(other, isStore);
  await commits(world, 4, "last");
  await folder.copyTo(other, isCopy);
  const before = world.picture();
  await world.store.close();
  // The store has the damaged commit; those that it lacks come after that.
  flip(`${other.path}.journal-0`, size + 40);
  const caught = await other.open();
  assert.match(
    caught.alarm!,
    /lacked its last 4 commits; the journal had them/,
  );
  assert.match(caught.alarm!, /second copy .* was damaged/);
  assertSame(caught.world.picture(), before);
  await caught.world.store.close();
  const quiet = await other.open();
  assert.equal(quiet.alarm, null);
  await quiet.world.store.close();
});

Deno.test("fault-tolerant: commits behind a damaged one that the store lacks are told as lost", async () => {
  await using folder = new KeptFolder();
  await using other = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, 5);
  await folder.copyTo(other, isStore);
  const { size } = Deno.statSync(`${folder.path}.journal-0`);
  await commits(world, 4, "last");
  await folder.copyTo(other, isCopy);
  await world.store.close();
  flip(`${other.path}.journal-0`, size + 40);
  const caught = await other.open();
  assert.match(
    caught.alarm!,
    /damaged in its middle .*: commits 6 to 9 are lost/,
  );
  await caught.world.store.close();
});

Deno.test("fault-tolerant: a store that lost all it had is built anew from its copies", async () => {
  await using folder = new KeptFolder();
  const open = await folder.open();
  for (let count = 0; count < 2; count++) {
    await commits(open.world, 5);
    await snapshot(folder, open);
  }
  await until(
    "the first journal to go",
    () => !folder.names.includes("store.kv.journal-0"),
  );
  const before = open.world.picture();
  await open.world.store.close();
  // As damage at the beginning of its write-ahead log leaves it.
  Deno.removeSync(folder.path);
  (await Deno.openKv(folder.path)).close();
  const mended = await folder.open();
  assert.match(mended.alarm!, /rebuilt/);
  assertSame(mended.world.picture(), before);
  await mended.world.store.close();
});

Deno.test("fault-tolerant: a crash at any rename of a store that is built anew loses nothing", async () => {
  let crashes = 0;
  for (let isOver = false; !isOver; crashes++) {
    await using folder = new KeptFolder();
    const { world } = await folder.open();
    await commits(world, 20);
    const before = world.picture();
    await world.store.close();
    // Neither the store nor its copy has all: only both together do.
    wipe(`${folder.path}.journal-0`, 40);
    flipBlock(folder.path, 3);
    let left = crashes;
    const rename = (from: string, to: string) =>
      left-- === 0
        ? Promise.reject(new Error("crash"))
        : systemFiles.rename(from, to);
    const disk = { ...systemDisk, files: { ...systemFiles, rename } };
    folder.clock.advance(1);
    try {
      const wanted = settings(folder.path, "fault-tolerant");
      const store = await openStore(wanted, folder.clock, null, disk);
      isOver = true;
      await store.close();
    } catch (error) {
      assert.match(String(error), /crash/);
    }
    const again = await folder.open();
    assertSame(again.world.picture(), before, `after ${crashes} renames`);
    assert.deepEqual(folder.having(".rebuilt"), []);
    await again.world.store.close();
    const quiet = await folder.open();
    assert.match(quiet.alarm!, /^an earlier start renamed .* to \S+; [^;]*$/);
    await quiet.world.store.close();
    folder.ruin();
    const mended = await folder.open();
    assertSame(mended.world.picture(), before, "its second copy");
    await mended.world.store.close();
  }
  assert.ok(crashes > 3);
});
