import assert from "node:assert/strict";
import {
  openStore,
  type Store,
  type StoreSettings,
} from "../../src/store/mod.ts";
import { PlainState } from "../../src/store/plain_state.ts";
import type { DiskSpace } from "../../src/store/space/space.ts";
import type { Disk } from "../../src/store/opening/disk.ts";
import { systemFiles } from "../../src/store/files/system_files.ts";
import { systemDisk } from "../../src/store/opening/system_disk.ts";
import { until } from "../support/wait.ts";
import { KeptFolder } from "./kept_folder.ts";
import { settings } from "./settings.ts";
import { assertSame, message, World } from "./world.ts";

const MIB = 1024 * 1024;
const MINUTE = 60_000;

/** A fault-tolerant store on a disk whose space the test sets. */
class TightStore implements AsyncDisposable {
  readonly folder = new KeptFolder();
  /** Free MiB. */
  free = 1000;
  /** What was told of snapshots. */
  readonly told: (string | null)[] = [];
  world!: World;

  async open(more: Partial<StoreSettings> = {}): Promise<World> {
    const { path, clock } = this.folder;
    const store: Store = await openStore(
      {
        ...settings(path, "fault-tolerant", more),
        snapshotTrouble: (trouble) => this.told.push(trouble),
      },
      clock,
      null,
      { ...systemDisk, space: () => Promise.resolve(this.#space) },
    );
    const state = new PlainState();
    await store.load(state, state);
    return this.world = new World(store, state);
  }

  get #space(): DiskSpace {
    return { free: this.free * MIB, total: 1000 * MIB };
  }

  /** Bytes of journals and snapshots. */
  get copies(): number {
    const { folder } = this.folder;
    return this.folder.names
      .filter((name) => /\.(journal|snapshot)-\d+$/.test(name))
      .reduce((sum, name) => sum + Deno.statSync(`${folder}/${name}`).size, 0);
  }

  /** Something is stored, and time goes on, until `isSo`. */
  async wait(what: string, ms: number, isSo: () => boolean): Promise<void> {
    const { clock } = this.folder;
    await until(what, async () => {
      if (isSo()) return true;
      clock.advance(ms);
      this.world.retain(message("t", `${clock.now()}`, { retain: true }));
      await this.world.committed();
      return false;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world.store.close();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Queues so many messages of 100,000 bytes, a commit each. */
async function queue(world: World, count: number) {
  const session = world.begin("a");
  const entries = [];
  for (let i = 0; i < count; i++) {
    const made = message(`${i}`, new Uint8Array(100_000));
    entries.push(...world.queue(made, [session]));
    await world.committed();
  }
  return entries;
}

Deno.test("short of space, a second copy gives back what the store no longer needs", async () => {
  await using tight = new TightStore();
  const world = await tight.open();
  const entries = await queue(world, 40);
  const before = tight.copies;
  assert.ok(before > 4_000_000);
  for (const entry of entries.slice(1)) world.done(entry);
  tight.free = 7;
  await tight.wait("copies of what is left", 1000, () => tight.copies < MIB);
  // The copies are as good as before.
  const picture = world.picture();
  await world.store.close();
  tight.folder.ruin();
  assertSame((await tight.open()).picture(), picture);
});

Deno.test("short of space, a second copy of what is needed stays as it is", async () => {
  await using tight = new TightStore();
  const world = await tight.open();
  await queue(world, 40);
  tight.free = 7;
  await tight.wait("the shortage", 5000, () => world.store.health === "full");
  const names = tight.folder.having("-").filter((name) => !/-wal$/.test(name));
  let rounds = 0;
  await tight.wait("many looks", 1000, () => rounds++ === 20);
  assert.deepEqual(
    tight.folder.having("-").filter((name) => !/-wal$/.test(name)),
    names,
  );
});

Deno.test("a snapshot that would take the last space waits, with an alarm, until there is more", async () => {
  await using tight = new TightStore();
  const world = await tight.open();
  await queue(world, 40);
  tight.free = 14;
  const isTold = () => tight.told.length > 0;
  await tight.wait("a snapshot that is due", 10 * MINUTE, isTold);
  assert.match(
    tight.told[0]!,
    /no snapshot .* needs \d+ bytes, .* room for \d+\); the broker tries again/,
  );
  assert.deepEqual(tight.folder.having("snapshot"), []);
  tight.free = 1000;
  await tight.wait("a snapshot", MINUTE, () => tight.told.at(-1) === null);
  assert.equal(tight.folder.having("snapshot").length, 1);
});

Deno.test("snapshots go on in a store that is more than half as large as max_size", async () => {
  await using tight = new TightStore();
  const world = await tight.open({ maxSize: 5 * MIB });
  await queue(world, 40);
  assert.ok(world.store.status.storedBytes > 2.5 * MIB);
  const hasSnapshot = () => tight.folder.having("snapshot-").length > 0;
  await tight.wait("a snapshot", 10 * MINUTE, hasSnapshot);
  assert.deepEqual(tight.told, []);
});

Deno.test("fault-tolerant: a disk that takes no byte twice lets a store start that lacks what its journal has", async () => {
  await using folder = new KeptFolder();
  await using other = new KeptFolder();
  const { world } = await folder.open();
  await queue(world, 5);
  await folder.copyTo(other, (name) => /^store\.kv(-wal)?$/.test(name));
  world.retain(message("t", "last", { retain: true }));
  await world.committed();
  await folder.copyTo(other, (name) => /journal-\d+$/.test(name));
  const before = world.picture();
  await world.store.close();
  let free = 0;
  const written: string[] = [];
  // A file system that copies on write needs space for it.
  const disk: Disk = {
    ...systemDisk,
    space: () => Promise.resolve({ free, total: 1e9 }),
    files: {
      ...systemFiles,
      writeAgain: (path, from) => {
        if (free === 0) {
          return Promise.reject(
            new Error("No space left on device (os error 28)"),
          );
        }
        written.push(path);
        return systemFiles.writeAgain(path, from);
      },
    },
  };
  const { clock, path } = other;
  const store = await openStore(
    settings(path, "fault-tolerant"),
    clock,
    null,
    disk,
  );
  const state = new PlainState();
  await store.load(state, state);
  const started = new World(store, state);
  assertSame(started.picture(), before);
  await until("a try", () => store.health === "full");
  assert.deepEqual(written, []);
  free = 1e9;
  await until("a commit", () => {
    clock.advance(1000);
    return store.health === "ok";
  });
  assert.equal(written.length, 1);
  await store.close();
});
