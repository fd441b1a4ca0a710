import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { emptyLog } from "../../src/store/kv/single_file.ts";
import { WalGuard } from "../../src/store/space/wal_guard.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";
import { settle } from "./faulty_blocks.ts";
import { KeptFolder } from "./kept_folder.ts";
import { message, type World } from "./world.ts";

const MIB = 1024 * 1024;

/** A log that a reader keeps, as the test wants it. */
class StubLog {
  length = 0;
  isRead = false;
  emptied = 0;
  readonly tellings: (string | null)[] = [];

  isReadable = true;

  size(): Promise<number> {
    return this.isReadable
      ? Promise.resolve(this.length)
      : Promise.reject(new Error("Input/output error"));
  }

  empty(): Promise<void> {
    this.emptied++;
    if (!this.isRead) this.length = 0;
    return Promise.resolve();
  }

  readonly told = (trouble: string | null): void => {
    this.tellings.push(trouble);
  };
}

Deno.test("a log of usual length is let be, a longer one is emptied, at most every 5 s", async () => {
  const log = new StubLog();
  const clock = new ManualClock();
  const guard = new WalGuard(log, clock);
  log.length = 5 * MIB;
  guard.look();
  await settle();
  assert.deepEqual([log.emptied, guard.excess], [0, 0]);
  log.length = 17 * MIB;
  guard.look();
  await settle();
  assert.equal(log.emptied, 0, "it was looked at just now");
  clock.advance(5000);
  guard.look();
  await settle();
  assert.deepEqual([log.emptied, log.length, guard.excess], [1, 0, 0]);
  assert.deepEqual(log.tellings, []);
  guard.end();
});

Deno.test("a log that a reader keeps long counts, and is told of until it is short, without a commit as well", async () => {
  const log = new StubLog();
  const clock = new ManualClock();
  const guard = new WalGuard(log, clock);
  log.isRead = true;
  log.length = 17 * MIB;
  guard.look();
  await settle();
  for (const length of [20, 63, 64, 98, 97]) {
    log.length = length * MIB;
    clock.advance(5000);
    await settle();
    assert.equal(guard.excess, length * MIB);
  }
  assert.equal(log.tellings.length, 1);
  assert.match(log.tellings[0]!, /keeps reading the store: 64 MiB stay/);
  log.isRead = false;
  clock.advance(5000);
  await settle();
  assert.deepEqual([log.length, guard.excess], [0, 0]);
  assert.deepEqual(log.tellings.slice(1), [null]);
  guard.end();
});

Deno.test("a log whose length cannot be read counts as before, and is looked at again without a commit", async () => {
  const log = new StubLog();
  const clock = new ManualClock();
  const guard = new WalGuard(log, clock);
  log.isRead = true;
  log.length = 64 * MIB;
  guard.look();
  await settle();
  log.isReadable = false;
  for (let look = 0; look < 3; look++) {
    clock.advance(5000);
    await settle();
    assert.equal(guard.excess, 64 * MIB);
  }
  assert.equal(log.tellings.length, 1, "the alarm stays");
  log.isReadable = true;
  log.isRead = false;
  clock.advance(5000);
  await settle();
  assert.equal(guard.excess, 0);
  assert.deepEqual(log.tellings.slice(1), [null]);
  guard.end();
});

/** Retains messages of 1 MiB in all, each time under the same topics. */
async function write(world: World): Promise<void> {
  for (let at = 0; at < 16; at++) {
    const payload = "x".repeat(64 * 1024 - 200);
    world.retain(message(`t/${at}`, payload, { retain: true }));
  }
  await world.committed();
}

Deno.test("a reader that stays: its log counts in max_size, raises the alarm, and is emptied when it has ended", async () => {
  await using folder = new KeptFolder();
  const told: (string | null)[] = [];
  const { world } = await folder.open("durable", {
    maxSize: 48 * MIB,
    walTrouble: (trouble) => told.push(trouble),
  });
  const { store } = world;
  await write(world);
  const reader = new DatabaseSync(folder.path, { readOnly: true });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM kv").get();
  await until("the alarm", async () => {
    folder.clock.advance(5000);
    await write(world);
    return told.length > 0;
  });
  const length = () => Deno.statSync(`${folder.path}-wal`).size;
  assert.ok(length() >= 64 * MIB);
  assert.equal(store.health, "full", "the log counts");
  assert.match(store.status.reason!, /storage\.max_size/);
  reader.exec("COMMIT");
  reader.close();
  await until("room", () => {
    folder.clock.advance(5000);
    return store.health === "ok";
  });
  assert.ok(length() < 16 * MIB);
  assert.deepEqual(told.slice(1), [null]);
  await store.close();
});

Deno.test("a long log is copied into the store by a thread of Deno KV, not by the one that serves clients", async () => {
  await using folder = new KeptFolder();
  const { world } = await folder.open("durable");
  await write(world);
  const reader = new DatabaseSync(folder.path, { readOnly: true });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM kv").get();
  for (let round = 0; round < 8; round++) await write(world);
  reader.exec("COMMIT");
  reader.close();
  const log = `${folder.path}-wal`;
  assert.ok(Deno.statSync(log).size > 4 * MIB);
  const { prototype } = DatabaseSync;
  const { exec } = prototype;
  let copied: boolean | null = null;
  prototype.exec = function (sql) {
    const before = Deno.readFileSync(folder.path);
    exec.call(this, sql);
    if (!sql.includes("wal_checkpoint")) return;
    copied = !equal(before, Deno.readFileSync(folder.path));
  };
  try {
    await emptyLog(folder.path);
  } finally {
    prototype.exec = exec;
  }
  assert.equal(copied, false);
  assert.equal(Deno.statSync(log).size, 0);
  await world.store.close();
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
