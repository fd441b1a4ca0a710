import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { StorageMode } from "../../src/store/mod.ts";
import { openStore, storeInfo, verifyStore } from "../../src/store/mod.ts";
import {
  isDamage,
  isFull,
  openFault,
} from "../../src/store/base/open_fault.ts";
import { StoreError } from "../../src/store/base/store_error.ts";
import { KeptFolder } from "./kept_folder.ts";
import { PlainState } from "../../src/store/plain_state.ts";
import { type OpenKv, withOpenKv } from "./other_kv.ts";
import { settings } from "./settings.ts";
import { assertSame, message } from "./world.ts";

/** What Deno KV may fail with at a start, and what the operator is advised. */
const faults: readonly (readonly [said: string, advice: RegExp])[] = [
  ["Deno.openKv is not a function", /--unstable-kv/],
  ["out of memory", /give this one more/],
  ["locking protocol", /NFS/],
  ["database is locked", /end that one/],
  ["attempt to write a readonly database", /writable/],
  ["unable to open database file", /read and write/],
  ["Permission denied (os error 13)", /read and write/],
  ["disk I/O error", /dmesg/],
  ["database or disk is full", /make room/],
  ["Too many open files (os error 24)", /ulimit/],
  ["something new", /report it/],
  // What says so of a store that was verified a moment before is wrong.
  ["database disk image is malformed", /report it/],
  ["no such table: kv", /report it/],
];

Deno.test("a file that is too large is a full disk, a value of Deno KV that is too large is not", () => {
  for (const text of ["File too large (os error 27)", "write EFBIG"]) {
    assert.ok(isFull(text), text);
  }
  for (const what of ["Value", "Key", "Total mutation size"]) {
    assert.ok(!isFull(`${what} too large (max 65536 bytes)`), what);
  }
});

/** A store that was stopped, and what it had. */
async function stopped(
  folder: KeptFolder,
  mode: StorageMode,
): Promise<unknown> {
  const { world } = await folder.open(mode);
  for (let at = 0; at < 5; at++) {
    world.retain(message(`t/${at}`, "x", { retain: true }));
    await world.committed();
  }
  const before = world.picture();
  await world.store.close();
  return before;
}

/** Without those that SQLite makes when it reads. */
function mainFiles(folder: KeptFolder): string[] {
  return folder.names.filter((name) => !/-(wal|shm)$/.test(name));
}

/** The error of a start at which Deno KV fails with `said`. */
async function startFailing(
  folder: KeptFolder,
  mode: StorageMode,
  said: string,
): Promise<StoreError> {
  const refuse = () => Promise.reject(new Error(said));
  try {
    await withOpenKv(() => refuse, () => folder.open(mode));
  } catch (error) {
    return error as StoreError;
  }
  throw new Error("the store was opened");
}

for (const mode of ["buffered", "durable", "fault-tolerant"] as const) {
  Deno.test(`${mode}: a whole store is never moved away, whatever keeps it from being opened`, async () => {
    await using folder = new KeptFolder();
    const before = await stopped(folder, mode);
    const files = mainFiles(folder);
    for (const [said, advice] of faults) {
      const error = await startFailing(folder, mode, said);
      assert.equal(error.fault, "failing", said);
      assert.ok(error.message.includes(said), error.message);
      assert.ok(error.message.includes(folder.path), error.message);
      assert.match(error.todo!, advice);
      assert.deepEqual(mainFiles(folder), files, said);
    }
    const { world, alarm } = await folder.open(mode);
    assert.equal(alarm, null);
    assertSame(world.picture(), before);
    await world.store.close();
  });
}

Deno.test("a disk that fails while the store is loaded is no damage", async () => {
  await using folder = new KeptFolder();
  const before = await stopped(folder, "durable");
  const failing = (openKv: OpenKv): OpenKv => async (path) => {
    const kv = await openKv(path);
    const { list } = kv;
    let lists = 0;
    kv.list = ((...args: Parameters<typeof list>) => {
      const all = list.apply(kv, args);
      const { start } = args[0] as { start?: Deno.KvKey };
      // The first one looks for blocks beyond the log.
      if (start === undefined || ++lists === 1) return all;
      all.next = () => Promise.reject(new Error("disk I/O error"));
      return all;
    }) as typeof list;
    return kv;
  };
  await withOpenKv(failing, async () => {
    const store = await openStore(
      settings(folder.path, "durable"),
      folder.clock,
    );
    const state = new PlainState();
    await assert.rejects(store.load(state, state), {
      fault: "failing",
      message: "the store cannot be read: disk I/O error",
    });
    await store.close();
  });
  assert.deepEqual(folder.having("corrupt-"), []);
  const { world } = await folder.open("durable");
  assertSame(world.picture(), before);
  await world.store.close();
});

/** Has SQLite's check find `found` while `task` runs. */
async function withFinding(found: string, task: () => Promise<void>) {
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    if (sql.includes("integrity_check")) {
      statement.all = () => [{ integrity_check: found }];
    }
    return statement;
  };
  try {
    await task();
  } finally {
    DatabaseSync.prototype.prepare = prepare;
  }
}

for (const mode of ["buffered", "durable", "fault-tolerant"] as const) {
  Deno.test(`${mode}: pages that the disk does not give to SQLite's check are no damage`, async () => {
    await using folder = new KeptFolder();
    const before = await stopped(folder, mode);
    const files = mainFiles(folder);
    for (
      const found of [
        "Tree 4 page 4 cell 6: failed to get page 12",
        "Tree 9 page 31: unable to get the page. error code=266",
      ]
    ) {
      await withFinding(found, () =>
        assert.rejects(folder.open(mode), {
          fault: "failing",
          message: new RegExp(`cannot be read: disk I/O error: ${found}`),
          todo: /dmesg/,
        }));
      assert.deepEqual(mainFiles(folder), files, found);
    }
    const damage = "Tree 9 page 31: unable to get the page. error code=11";
    await withFinding(
      damage,
      () => assert.rejects(verifyStore(folder.path), { fault: "corrupt" }),
    );
    const { world, alarm } = await folder.open(mode);
    assert.equal(alarm, null);
    assertSame(world.picture(), before);
    await world.store.close();
  });
}

Deno.test("only what SQLite says of the file itself is damage", () => {
  const sqlite = (errcode: number, text: string) =>
    Object.assign(new Error(text), { errcode });
  for (
    const error of [
      sqlite(11, "database disk image is malformed"),
      sqlite(267, "corrupt"),
      sqlite(26, "file is not a database"),
      sqlite(522, "disk I/O error"),
      sqlite(1, "no such column: v"),
      new StoreError("corrupt", "block 1 is damaged"),
    ]
  ) assert.ok(isDamage(error), String(error));
  for (
    const error of [
      sqlite(266, "disk I/O error"),
      sqlite(14, "unable to open database file: /store.kv.corrupt-x"),
      sqlite(7, "out of memory"),
      sqlite(15, "locking protocol"),
      sqlite(8, "attempt to write a readonly database"),
      sqlite(5, "database is locked"),
      new StoreError("newer", "corrupt"),
    ]
  ) assert.equal(isDamage(error), false, String(error));
  const { fault } = openFault(sqlite(7, "x"), "it", "read") as StoreError;
  assert.equal(fault, "failing");
});

Deno.test("a damaged store that was set aside is told at every start, until it is gone", async () => {
  await using folder = new KeptFolder();
  await stopped(folder, "durable");
  folder.ruin();
  const first = await folder.open("durable");
  assert.match(first.alarm!, /was damaged .*renamed it to/);
  assert.doesNotMatch(first.alarm!, /an earlier start/);
  await first.world.store.close();
  const [aside] = folder.having("corrupt-").filter((name) => /Z$/.test(name));
  for (let starts = 0; starts < 2; starts++) {
    const { world, alarm } = await folder.open("durable");
    assert.equal(
      alarm,
      "an earlier start renamed a damaged store to " +
        `${folder.folder}/${aside}; recover what you need, then ` +
        "delete its files",
    );
    const { setAside } = await storeInfo(folder.path);
    assert.deepEqual(setAside, [`${folder.folder}/${aside}`]);
    await world.store.close();
  }
  for (const name of folder.having("corrupt-")) {
    await Deno.remove(`${folder.folder}/${name}`);
  }
  const { world, alarm } = await folder.open("durable");
  assert.equal(alarm, null);
  await world.store.close();
});
