import assert from "node:assert/strict";
import type { Disk as StoreDisk } from "../../src/store/opening/disk.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { MemoryBlocks } from "../support/memory_blocks.ts";
import { openStore } from "../../src/store/mod.ts";
import {
  type DiskSpace,
  Space,
  type SpaceLimits,
  type Usage,
  whyFull,
} from "../../src/store/space/space.ts";
import { systemDisk } from "../../src/store/opening/system_disk.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";
import { FaultyBlocks, settle } from "./faulty_blocks.ts";
import { KeptFolder } from "./kept_folder.ts";
import { settings } from "./settings.ts";
import { message, World } from "./world.ts";

const MIB = 1024 * 1024;

/** The write-ahead log of a disk here has its length already. */
const WAL = 5 * MIB;

/** Limits that leave the disk what deleting needs. */
const limits: SpaceLimits = {
  mode: "durable",
  path: "/x/store.kv",
  maxSize: 0,
  lowSpaceBytes: 0,
  lowSpacePercent: 0,
};

/** A store of this usage, which has written nothing yet. */
function usage(more: Partial<Usage> = {}): Usage {
  return { stored: 0, taken: 0, written: 0, copied: 0, coming: 0, ...more };
}

/** A disk that is asked for its space; `free` and `file` are in MiB. */
class Disk {
  free: number;
  total = 1000;
  file = 0;
  wal = WAL;
  /** Whether it answers. */
  answers = true;
  readonly asked: string[] = [];
  readonly clock = new ManualClock();

  constructor(free: number) {
    this.free = free;
  }

  /** What watches it, after a first look. */
  async watch(more: Partial<SpaceLimits> = {}): Promise<Space> {
    const space = new Space(
      { ...limits, ...more },
      this.clock,
      (path) => this.#ask(path),
      {
        size: (path) =>
          Promise.resolve(
            path.endsWith("-wal") ? this.wal : this.file * MIB,
          ),
      },
    );
    await space.look();
    return space;
  }

  /** What `space` says after a new look. */
  async lookAgain(space: Space, used = usage()): Promise<string | null> {
    this.clock.advance(5000);
    space.shortage(used);
    await settle();
    return space.shortage(used);
  }

  #ask(path: string): Promise<DiskSpace> {
    this.asked.push(path);
    if (!this.answers) return new Promise(() => {});
    return Promise.resolve({
      free: this.free * MIB,
      total: this.total * MIB,
    });
  }
}

Deno.test("space is short below so many bytes, or percent, of the disk", async () => {
  for (
    const [bytes, lowSpacePercent] of [[64 * MIB, 0], [0, 10], [9 * MIB, 10]]
  ) {
    const bound = lowSpacePercent > 0 ? 100 : 64;
    const disk = new Disk(bound - 1);
    const space = await disk.watch({ lowSpaceBytes: bytes, lowSpacePercent });
    assert.match(
      space.shortage(usage())!,
      RegExp(
        `has ${(bound - 1) * MIB} bytes left, less than ${bound * MIB} ` +
          `\\(storage.low_space`,
      ),
    );
    // A little more than the bound: it must not come and go by the byte.
    disk.free = bound + 1;
    assert.notEqual(await disk.lookAgain(space), null);
    disk.free = bound + bound / 8;
    assert.equal(await disk.lookAgain(space), null);
    assert.ok(disk.asked.every((path) => path === "/x"));
  }
});

Deno.test("on a small disk the bound is a quarter of it, and never less than deleting needs", async () => {
  const disk = new Disk(11);
  disk.total = 40;
  const space = await disk.watch({ lowSpaceBytes: 64 * MIB });
  assert.equal(space.shortage(usage()), null);
  disk.free = 9;
  assert.match((await disk.lookAgain(space))!, /storage.low_space/);
  const none = await disk.watch();
  assert.equal(none.shortage(usage()), null);
  disk.free = 4;
  assert.match((await disk.lookAgain(none))!, /needed to delete data/);
});

Deno.test("what is noted, and what copies take, counts between two looks", async () => {
  for (const mode of ["durable", "fault-tolerant"] as const) {
    const disk = new Disk(108);
    const space = await disk.watch({ mode });
    disk.answers = false;
    const shortage = (coming: number, copied = 0) =>
      space.shortage(
        usage({ coming: coming * MIB, copied: copied * MIB }),
      );
    const copies = mode === "durable" ? 1 : 2;
    assert.equal(shortage(99 / copies), null);
    assert.ok(space.room < 2 * MIB);
    assert.match(shortage(101 / copies)!, /bytes left/);
    if (copies === 2) assert.match(shortage(0, 101)!, /bytes left/);
  }
});

Deno.test("the disk is asked again before the room is used up", async () => {
  const disk = new Disk(108);
  const space = await disk.watch();
  space.shortage(usage());
  space.shortage(usage({ written: 20 * MIB }));
  assert.equal(disk.asked.length, 1);
  space.shortage(usage({ written: 30 * MIB }));
  await settle();
  assert.equal(disk.asked.length, 2);
});

Deno.test("what a store no longer needs of its file is room again", async () => {
  const disk = new Disk(5);
  disk.file = 100;
  const space = await disk.watch();
  assert.notEqual(space.shortage(usage({ taken: 100 * MIB })), null);
  assert.equal(space.shortage(usage({ taken: 90 * MIB })), null);
  // What the file is about to grow by is not.
  disk.free = 50;
  disk.file = 0;
  const growing = await disk.watch();
  assert.equal(growing.shortage(usage({ taken: 40 * MIB })), null);
  assert.notEqual(growing.shortage(usage({ taken: 43 * MIB })), null);
  // A journal uses no room again.
  disk.free = 5;
  disk.file = 100;
  const copied = await disk.watch({ mode: "fault-tolerant" });
  assert.notEqual(copied.shortage(usage()), null);
});

Deno.test("the length that the write-ahead log will have is not free", async () => {
  const disk = new Disk(12);
  disk.wal = 0;
  const space = await disk.watch();
  assert.notEqual(space.shortage(usage()), null);
  disk.wal = WAL;
  assert.equal(await disk.lookAgain(space), null);
});

Deno.test("a disk that cannot be asked is not known to be full", async () => {
  const clock = new ManualClock();
  const space = new Space(limits, clock, () => Promise.reject(new Error("no")));
  await space.look();
  assert.equal(space.shortage(usage()), null);
});

Deno.test("a store is full at its largest size, and no more when it shrank", async () => {
  const disk = new Disk(1000);
  const space = await disk.watch({ maxSize: 100_000 });
  const store = new LogStore(new MemoryBlocks(), disk.clock, {
    mode: "durable",
    flushInterval: 200,
    slack: 10_000,
    space,
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
  disk.clock.advance(200);
  await settle();
  assert.equal(store.health, "ok");
  await store.close();
});

for (const what of ["queued", "retained"]) {
  Deno.test(`a store is full as soon as what is ${what} takes the last room, before it is written`, async () => {
    const disk = new Disk(1000);
    const space = await disk.watch({ maxSize: MIB });
    const blocks = new FaultyBlocks();
    const store = new LogStore(blocks, disk.clock, {
      mode: "buffered",
      flushInterval: 200,
      space,
    });
    const world = await World.load(store);
    const session = world.begin("a");
    world.begin("b");
    const before = blocks.tries;
    let noted = 0;
    while (store.health === "ok") {
      assert.ok(noted < 12, "more than a MiB was taken");
      const payload = new Uint8Array(100_000);
      const made = message(`t/${noted++}`, payload, { retain: true });
      if (what === "queued") world.queue(made, [session]);
      else world.retain(made);
    }
    assert.ok(noted >= 10, `full with ${noted} messages`);
    assert.equal(blocks.tries, before);
    await store.close();
  });
}

Deno.test("what is over before it is written leaves the room it would have taken", async () => {
  const disk = new Disk(1000);
  const space = await disk.watch({ maxSize: MIB });
  const store = new LogStore(new MemoryBlocks(), disk.clock, {
    mode: "buffered",
    flushInterval: 200,
    space,
  });
  const world = await World.load(store);
  const session = world.begin("a");
  for (let i = 0; i < 100; i++) {
    const made = message("t", new Uint8Array(100_000));
    const [entry] = world.queue(made, [session]);
    assert.equal(store.health, "ok");
    world.done(entry);
  }
  await store.close();
});

Deno.test("low space is noticed to be over without a commit", async () => {
  const disk = new Disk(7);
  const store = new LogStore(new MemoryBlocks(), disk.clock, {
    mode: "durable",
    flushInterval: 200,
    space: await disk.watch(),
  });
  const world = await World.load(store);
  world.begin("a");
  await world.committed();
  assert.equal(store.health, "full");
  disk.free = 100;
  for (let i = 0; i < 3; i++) {
    disk.clock.advance(1000);
    await settle();
  }
  assert.equal(store.health, "ok");
  await store.close();
});

Deno.test("a disk is full below 256 KiB, a tiny one below an eighth of it", async () => {
  const KIB = 1024;
  for (
    const [total, most] of [
      [1000 * KIB * KIB, 256 * KIB],
      [1024 * KIB, 128 * KIB],
    ]
  ) {
    const ask = (free: number) => () => Promise.resolve({ free, total });
    assert.match(
      String(await whyFull("/disk/store.kv", ask(most))),
      /full: \d+ bytes are left/,
    );
    assert.equal(await whyFull("/disk/store.kv", ask(most + 1)), null);
  }
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

Deno.test("a small store asks the disk with the first message, a larger one at its start", async () => {
  await using folder = new KeptFolder();
  let asked = 0;
  const open = async () => {
    const disk: StoreDisk = {
      ...systemDisk,
      space() {
        asked++;
        return Promise.resolve({ free: 1e12, total: 1e12 });
      },
    };
    const { path, clock } = folder;
    const store = await openStore(settings(path, "durable"), clock, null, disk);
    return await World.load(store);
  };
  let world = await open();
  // A head alone needs no room that is worth a question.
  world.store.keepTime();
  await settle();
  assert.equal(asked, 0);
  const session = world.begin("a");
  assert.equal(asked, 0);
  world.queue(message("t", "x"), [session]);
  await until("a question", () => asked === 1);
  for (let i = 0; i < 20; i++) {
    world.queue(message("t", new Uint8Array(50_000)), [session]);
    await world.committed();
  }
  await world.store.close();
  asked = 0;
  world = await open();
  assert.ok(asked > 0);
  await world.store.close();
});
