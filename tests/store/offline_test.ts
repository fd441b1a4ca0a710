import assert from "node:assert/strict";
import { dirname } from "node:path";
import {
  backupStore,
  compactStore,
  openStore,
  restoreStore,
  storeInfo,
  type StoreSettings,
  verifyStore,
} from "../../src/store/mod.ts";
import { systemFiles } from "../../src/store/files/system_files.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FaultyBlocks, settle } from "./faulty_blocks.ts";
import { happen, seeded } from "./random_world.ts";
import { settings } from "./settings.ts";
import { assertSame, message, World } from "./world.ts";

async function withStore(
  body: (path: string, open: () => Promise<World>) => Promise<void>,
  mode: StoreSettings["mode"] = "durable",
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/store.kv`;
  try {
    await body(
      path,
      async () =>
        World.load(await openStore(settings(path, mode), new ManualClock())),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("info counts what is stored, also while a broker uses it", () =>
  withStore(async (path, open) => {
    const world = await open();
    const sessions = ["a", "b", "c"].map((name) => world.begin(name));
    for (const session of sessions) world.subscribe(session, "x/#");
    world.queue(message("x/1", "one".repeat(100)), sessions);
    world.queue(message("x/2", "two"), [sessions[0]]);
    world.retain(message("r", "kept".repeat(50), { retain: true }));
    await world.committed();
    const info = await storeInfo(path);
    assert.deepEqual(
      { ...info, storedBytes: 0, fileBytes: 0 },
      {
        schema: 3,
        committedAt: new ManualClock().date(),
        sessions: 3,
        subscriptions: 3,
        entries: 4,
        queuedMessages: 2,
        retained: 1,
        retainedBytes: world.store.status.retainedBytes,
        queuedBytes: world.store.status.queuedBytes,
        sessionBytes: world.store.status.sessionBytes,
        storedBytes: 0,
        fileBytes: 0,
        oldestMessageAt: new ManualClock().date(),
        setAside: [],
      },
    );
    assert.ok(info.retainedBytes > 200 && info.retainedBytes < 220);
    assert.ok(info.queuedBytes > 300 && info.queuedBytes < 360);
    await world.store.close();
    assert.equal((await storeInfo(path)).entries, 4);
  }));

Deno.test("verify tells a whole store from a damaged one", () =>
  withStore(async (path, open) => {
    const world = await open();
    happen(world, seeded(1), 200);
    await world.store.close();
    assert.equal((await verifyStore(path)).schema, 3);
    const bytes = Deno.readFileSync(path);
    // Somewhere in the blocks, where SQLite does not look.
    const at = bytes.findIndex((_, i) =>
      new TextDecoder().decode(bytes.subarray(i, i + 5)) === "r/17\0" ||
      new TextDecoder().decode(bytes.subarray(i, i + 3)) === "r/1"
    );
    bytes[at] ^= 1;
    Deno.writeFileSync(path, bytes);
    await assert.rejects(verifyStore(path), { fault: "corrupt" });
    await assert.rejects(storeInfo(path), { fault: "corrupt" });
    await assert.rejects(storeInfo(`${path}.not`), { fault: "missing" });
  }));

for (const mode of ["durable", "fault-tolerant"] as const) {
  Deno.test(`${mode}: a backup made while the broker runs can be restored`, () =>
    withStore(async (path, open) => {
      const random = seeded(2);
      const world = await open();
      happen(world, random, 300);
      await world.committed();
      const then = world.picture();
      await backupStore(path, `${path}.backup`);
      await assert.rejects(backupStore(path, `${path}.backup`), {
        message: /already exists/,
      });
      happen(world, random, 300);
      await world.committed();
      await assert.rejects(restoreStore(`${path}.backup`, path), {
        fault: "locked",
      });
      await world.store.close();
      const kept = await restoreStore(`${path}.backup`, path);
      assert.equal(kept, `${path}.replaced`);
      const restored = await open();
      assertSame(restored.picture(), then);
      await restored.store.close();
    }, mode));
}

Deno.test("compacting keeps all that is live and nothing else", () =>
  withStore(async (path, open) => {
    const world = await open();
    const random = seeded(3);
    for (let batch = 0; batch < 50; batch++) {
      happen(world, random, 300);
      await world.committed();
    }
    const before = world.picture();
    await assert.rejects(compactStore(path), { fault: "locked" });
    await world.store.close();
    const large = await storeInfo(path);
    await compactStore(path);
    const small = await storeInfo(path);
    assert.ok(small.storedBytes < large.storedBytes);
    assert.ok(small.fileBytes < large.fileBytes);
    const live = small.retainedBytes + small.queuedBytes + small.sessionBytes;
    assert.ok(small.storedBytes < 1.1 * live + 5000);
    const again = await open();
    assertSame(again.picture(), before);
    await again.store.close();
  }));

Deno.test("compacting gives up where nothing can be written, and says why", async () => {
  const blocks = new FaultyBlocks();
  const clock = new ManualClock();
  const store = new LogStore(blocks, clock, {
    mode: "durable",
    flushInterval: 1000,
    tries: 3,
  });
  const world = await World.load(store);
  world.retain(message("r", "kept", { retain: true }));
  await world.committed();
  blocks.fault = new Error("database or disk is full");
  blocks.tries = 0;
  let ended: unknown = null;
  store.compact().catch((error) => ended = error);
  for (let n = 0; n < 20 && ended === null; n++) {
    await settle();
    clock.advance(1000);
  }
  assert.match(String(ended), /database or disk is full/);
  assert.equal(blocks.tries, 3);
  blocks.fault = null;
  // All changes were on disk before.
  await store.close();
});

Deno.test("compacting that meets an error of our own throws it, and does not spin", async () => {
  const blocks = new FaultyBlocks();
  const store = new LogStore(blocks, new ManualClock(), {
    mode: "durable",
    flushInterval: 1000,
  });
  const world = await World.load(store);
  const session = world.begin("a");
  await world.committed();
  // Reading the session throws when it is written again.
  Object.defineProperty(session, "clientId", {
    get: () => {
      throw new Error("our own");
    },
  });
  await assert.rejects(store.compact(), {
    fault: "failing",
    message: /the store cannot be written: .*our own/,
  });
});

Deno.test("compacting a store that is not loaded throws, and does not spin", async () => {
  const blocks = new FaultyBlocks();
  const options = { mode: "durable", flushInterval: 1000 } as const;
  const world = await World.load(
    new LogStore(blocks, new ManualClock(), options),
  );
  world.begin("a");
  await world.committed();
  const other = new LogStore(blocks, new ManualClock(), options);
  await assert.rejects(other.compact(), /not loaded, or closed/);
});

/** Turns a bit of a retained message's topic: SQLite does not look there. */
function damageBlocks(path: string): void {
  const bytes = Deno.readFileSync(path);
  const at = new TextDecoder("latin1").decode(bytes).indexOf("damaged/topic");
  assert.ok(at > 0);
  bytes[at] ^= 1;
  Deno.writeFileSync(path, bytes);
}

/** Writes over what SQLite needs to read the file. */
function damagePages(path: string): void {
  const bytes = Deno.readFileSync(path);
  for (let at = 4096; at < bytes.length; at += 4096) bytes.fill(9, at, at + 99);
  Deno.writeFileSync(path, bytes);
}

for (const damage of [damageBlocks, damagePages]) {
  Deno.test(`no backup is left of a damaged store, and the store is named: ${damage.name}`, () =>
    withStore(async (path, open) => {
      const world = await open();
      world.retain(message("damaged/topic", "x", { retain: true }));
      await world.store.close();
      damage(path);
      const file = `${path}.backup`;
      await assert.rejects(backupStore(path, file), (error: Error) => {
        assert.equal((error as Error & { fault: string }).fault, "corrupt");
        assert.ok(error.message.startsWith(`${path} is damaged: `));
        return true;
      });
      assert.throws(() => Deno.statSync(file), Deno.errors.NotFound);
    }));
}

Deno.test("a backup that cannot be written says which, and why", () =>
  withStore(async (path, open) => {
    await (await open()).store.close();
    const file = `${path}.nowhere/backup`;
    await assert.rejects(backupStore(path, file), {
      fault: "failing",
      message: new RegExp(`cannot be copied to ${file}.partial: .*open`),
    });
  }));

Deno.test("restore takes what stands in the write-ahead log of the backup", () =>
  withStore(async (path, open) => {
    const world = await open();
    happen(world, seeded(4), 300);
    await world.committed();
    const before = world.picture();
    // Copied by hand, as from a broker that was killed.
    const copy = `${path}.copy`;
    for (const part of ["", "-wal"]) {
      await Deno.copyFile(path + part, copy + part);
    }
    await world.store.close();
    assert.ok(Deno.statSync(`${copy}-wal`).size > 0);
    const log = Deno.readFileSync(`${copy}-wal`);
    await restoreStore(copy, path);
    const restored = await open();
    assertSame(restored.picture(), before);
    await restored.store.close();
    assert.deepEqual(Deno.readFileSync(`${copy}-wal`), log, "as it was");
  }));

Deno.test("restore takes a store that a broker is writing to as of one commit", () =>
  withStore(async (path, open) => {
    const world = await open();
    let isOver = false;
    const writing = (async () => {
      for (let at = 0; !isOver; at++) {
        const topic = `t/${at % 500}`;
        world.retain(message(topic, "x".repeat(3000), { retain: true }));
        if (at % 40 === 0) await world.committed();
      }
    })();
    try {
      for (let count = 0; count < 5; count++) {
        const other = `${path}.${count}`;
        await restoreStore(path, other);
        await storeInfo(other);
      }
    } finally {
      isOver = true;
      await writing;
      await world.store.close();
    }
  }));

Deno.test("restore and backup take what only the journals of a store have", () =>
  withStore(async (path, open) => {
    const world = await open();
    const behind = `${path}.behind`;
    happen(world, seeded(5), 300);
    await world.committed();
    await backupStore(path, behind);
    happen(world, seeded(6), 300);
    await world.committed();
    const before = world.picture();
    await world.store.close();
    // As a power cut leaves it where the disk had not taken the last commits.
    await Deno.copyFile(`${path}.journal-0`, `${behind}.journal-0`);
    await backupStore(behind, `${path}.backup`);
    const info = await storeInfo(`${path}.backup`);
    assert.equal(info.sessions, world.state.sessions.length);
    await restoreStore(behind, path);
    const restored = await open();
    assertSame(restored.picture(), before);
    await restored.store.close();
  }, "fault-tolerant"));

Deno.test("a backup of a store whose broker removes a journal meanwhile is as good as the store", () =>
  withStore(async (path, open) => {
    const world = await open();
    const behind = `${path}.behind`;
    happen(world, seeded(5), 300);
    await world.committed();
    await backupStore(path, behind);
    const { sessions } = await storeInfo(behind);
    happen(world, seeded(6), 300);
    await world.committed();
    await world.store.close();
    const journal = `${behind}.journal-0`;
    await Deno.copyFile(`${path}.journal-0`, journal);
    const { open: openFile } = systemFiles;
    let opened = 0;
    systemFiles.open = (file, how) => {
      if (file === journal && ++opened === 2) Deno.removeSync(journal);
      return openFile(file, how);
    };
    try {
      await backupStore(behind, `${path}.backup`);
    } finally {
      systemFiles.open = openFile;
    }
    assert.equal(opened, 2);
    assert.equal((await storeInfo(`${path}.backup`)).sessions, sessions);
  }, "fault-tolerant"));

Deno.test("a log that lies beside the name of a new backup is not taken for its own", () =>
  withStore(async (path, open) => {
    const world = await open();
    happen(world, seeded(7), 100);
    await world.committed();
    const file = `${path}.backup`;
    await Deno.copyFile(`${path}-wal`, `${file}-wal`);
    await Deno.copyFile(`${path}-wal`, `${file}.partial-wal`);
    await assert.rejects(backupStore(path, file), {
      fault: "failing",
      message: /backup-wal already exists; name another file, or remove it/,
    });
    await Deno.remove(`${file}-wal`);
    await backupStore(path, file);
    const before = world.picture();
    await world.store.close();
    // What a restore that was killed has left.
    await Deno.copyFile(`${path}.backup`, `${path}.restoring.partial`);
    Deno.writeFileSync(`${path}.restoring.partial-journal`, new Uint8Array(9));
    await restoreStore(file, path);
    const left = [...Deno.readDirSync(dirname(path))].map(({ name }) => name)
      .filter((name) => /partial|restoring/.test(name));
    assert.deepEqual(left, []);
    const restored = await open();
    assertSame(restored.picture(), before);
    await restored.store.close();
  }));

Deno.test("a store is not restored from itself, whatever it is called", () =>
  withStore(async (path, open) => {
    await (await open()).store.close();
    await Deno.symlink(path, `${path}.link`);
    for (const file of [path, `${path}.link`]) {
      await assert.rejects(restoreStore(file, path), {
        fault: "failing",
        message: `${file} is the store itself; name a backup`,
      });
    }
  }));
