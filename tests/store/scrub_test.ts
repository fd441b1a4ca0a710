import assert from "node:assert/strict";
import type { StorageMode } from "../../src/store/mod.ts";
import { openStore, verifyStore } from "../../src/store/mod.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { systemFiles } from "../../src/store/files/system_files.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";
import { FaultyBlocks, settle } from "./faulty_blocks.ts";
import { flipBlock } from "./flip_block.ts";
import { KeptFolder, type OpenedWorld } from "./kept_folder.ts";
import { settings } from "./settings.ts";
import { assertSame, message, World } from "./world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** So many commits, each with a message of its own. */
async function commits(world: World, count: number, text = "x") {
  for (let i = 0; i < count; i++) {
    world.retain(message(`${text}/${i}`, `${text} ${i}`, { retain: true }));
    await world.committed();
  }
}

/** Flips a bit in the middle of a file. */
function flip(path: string, at?: number): void {
  const bytes = Deno.readFileSync(path);
  bytes[at ?? bytes.length >> 1] ^= 4;
  Deno.writeFileSync(path, bytes);
}

interface Scrubbed extends OpenedWorld {
  readonly folder: KeptFolder;
  /** What was told of damage. */
  readonly told: (string | null)[];
}

async function open(
  folder: KeptFolder,
  mode: StorageMode,
  scrubInterval = DAY,
): Promise<Scrubbed> {
  const told: (string | null)[] = [];
  const opened = await folder.open(mode, {
    scrubInterval,
    damage: (found) => told.push(found),
  });
  return { ...opened, folder, told };
}

/** Lets a day go by, and waits until a scrub has told of what it found. */
async function scrubbed({ folder, told }: Scrubbed): Promise<string | null> {
  const before = told.length;
  for (let hour = 0; hour < 24; hour++) folder.clock.advance(HOUR);
  await until("the scrub", () => {
    folder.clock.advance(10);
    return told.length > before;
  });
  return told.at(-1)!;
}

/** Moves time on until the log begins behind the damaged block. */
async function rewritten({ folder, world }: Scrubbed): Promise<void> {
  await until("the block to go", async () => {
    folder.clock.advance(200);
    await world.committed();
    return await verifyStore(folder.path).then(() => true, () => false);
  });
}

async function snapshot({ folder, world }: Scrubbed): Promise<void> {
  const before = folder.having("snapshot-");
  await until("a snapshot", async () => {
    // The next is due an hour after the one before was complete.
    folder.clock.advance(HOUR);
    await commits(world, 1, "due");
    // Two are kept: a third takes the place of the first.
    return folder.having(".partial").length === 0 &&
      folder.having("snapshot-").some((name) => !before.includes(name));
  });
}

/** Closes the store, opens it again, and compares. */
async function assertKept({ folder, world }: Scrubbed, mode: StorageMode) {
  const before = world.picture();
  await world.store.close();
  const again = await folder.open(mode);
  assert.equal(again.alarm, null);
  assertSame(again.world.picture(), before);
  await again.world.store.close();
}

Deno.test("fault-tolerant: a damaged block is mended from the old copies, not copied", async () => {
  await using folder = new KeptFolder();
  const opened = await open(folder, "fault-tolerant", 0);
  const { world, told } = opened;
  await commits(world, 5);
  await snapshot(opened);
  const copies = folder.having("snapshot-");
  flipBlock(folder.path, 2);
  await until("a word", async () => {
    folder.clock.advance(HOUR);
    await commits(world, 1, "due");
    return told.length > 0;
  });
  assert.match(told[0]!, /damaged block 2; the broker restored all from/);
  assert.ok(copies.some((name) => folder.names.includes(name)), "one is kept");
  await until("the snapshot, and the end of the alarm", async () => {
    folder.clock.advance(60_000);
    await commits(world, 1, "again");
    return folder.having("snapshot-").length === 2 && told.at(-1) === null;
  });
  await assertKept(opened, "fault-tolerant");
});

Deno.test("fault-tolerant: a block that no copy has whole is written again from memory", async () => {
  await using folder = new KeptFolder();
  const opened = await open(folder, "fault-tolerant", 0);
  const { world, told } = opened;
  await commits(world, 5);
  for (const name of folder.having("journal-")) {
    Deno.truncateSync(`${folder.folder}/${name}`, 0);
  }
  flipBlock(folder.path, 3);
  folder.clock.advance(HOUR);
  await commits(world, 1, "due");
  await until("a word", () => told.length > 0);
  assert.match(told[0]!, /damaged block 3; .* again from memory/);
  await rewritten(opened);
  for (let minute = 0; minute < 3; minute++) {
    folder.clock.advance(60_000);
    await commits(world, 1, `again ${minute}`);
  }
  await until("a snapshot", () => folder.having("snapshot-").length > 0);
  const before = world.picture();
  await world.store.close();
  folder.ruin();
  const mended = await folder.open();
  assertSame(mended.world.picture(), before);
  await mended.world.store.close();
});

for (const mode of ["buffered", "durable"] as const) {
  Deno.test(`${mode}: a scrub finds a damaged block, and memory mends it`, async () => {
    await using folder = new KeptFolder();
    const opened = await open(folder, mode);
    await commits(opened.world, 5);
    await until("the disk", () => {
      folder.clock.advance(200);
      return opened.world.store.status.unwritten === 0;
    });
    flipBlock(folder.path, 1);
    assert.match((await scrubbed(opened))!, /damaged block 1;.*from memory/);
    await rewritten(opened);
    assert.equal(await scrubbed(opened), null);
    await assertKept(opened, mode);
  });
}

Deno.test("fault-tolerant: a scrub mends the store from its copies", async () => {
  await using folder = new KeptFolder();
  const opened = await open(folder, "fault-tolerant");
  await commits(opened.world, 5);
  flipBlock(folder.path, 2);
  flipBlock(folder.path, 4);
  assert.match(
    (await scrubbed(opened))!,
    /damaged blocks 2, 4; the broker restored all from the second copy/,
  );
  assert.equal(await scrubbed(opened), null);
  await assertKept(opened, "fault-tolerant");
});

for (const damaged of ["snapshot-", "journal-"]) {
  Deno.test(`fault-tolerant: a scrub finds a damaged ${damaged.slice(0, -1)}, and makes a new copy`, async () => {
    await using folder = new KeptFolder();
    const opened = await open(folder, "fault-tolerant");
    await commits(opened.world, 9);
    await snapshot(opened);
    await commits(opened.world, 9, "later");
    const name = folder.having(damaged)[0];
    flip(`${folder.folder}/${name}`);
    const before = folder.names;
    assert.match(
      (await scrubbed(opened))!,
      new RegExp(`copy was damaged .*${name}`),
    );
    await until(
      "a new copy",
      () =>
        folder.having("snapshot-").some((one) => !before.includes(one)) &&
        folder.having(".partial").length === 0 && !folder.names.includes(name),
    );
    assert.equal(await scrubbed(opened), null);
    await assertKept(opened, "fault-tolerant");
  });
}

Deno.test("fault-tolerant: a scrub finds damage at the end of a journal that another one continues", async () => {
  await using folder = new KeptFolder();
  const first = await folder.open();
  await commits(first.world, 5);
  await first.world.store.close();
  const opened = await open(folder, "fault-tolerant");
  await commits(opened.world, 5, "later");
  const [before, present] = folder.having("journal-").sort()
    .map((name) => `${folder.folder}/${name}`);
  flip(before, Deno.statSync(before).size - 1);
  // The present one may be torn there by the commit under way.
  flip(present, Deno.statSync(present).size - 1);
  const found = (await scrubbed(opened))!;
  assert.ok(found.includes(`copy was damaged (${before})`), found);
  await until("a new copy", () =>
    folder.having("snapshot-").length > 0 &&
    folder.having(".partial").length === 0);
  assert.equal(await scrubbed(opened), null);
  await assertKept(opened, "fault-tolerant");
});

/** The disk gives no byte of the files whose names `isBad` takes. */
function withoutReads(isBad: (name: string) => boolean): Disposable {
  const { open } = systemFiles;
  systemFiles.open = async (path, how) => {
    const file = await open(path, how);
    if (how === "read" && isBad(path)) {
      file.read = () =>
        Promise.reject(new Error("Input/output error (os error 5)"));
    }
    return file;
  };
  return { [Symbol.dispose]: () => systemFiles.open = open };
}

Deno.test("fault-tolerant: a scrub replaces a copy that the disk does not give", async () => {
  await using folder = new KeptFolder();
  const opened = await open(folder, "fault-tolerant");
  await commits(opened.world, 9);
  await snapshot(opened);
  const [bad] = folder.having("snapshot-");
  using _ = withoutReads((name) => name.endsWith(bad));
  assert.match(
    (await scrubbed(opened))!,
    new RegExp(`^the second copy was damaged .*${bad}`),
  );
  await until(
    "a new copy",
    () =>
      folder.having("snapshot-").length > 0 && !folder.names.includes(bad) &&
      folder.having(".partial").length === 0,
  );
  assert.equal(await scrubbed(opened), null);
  await assertKept(opened, "fault-tolerant");
});

Deno.test("fault-tolerant: memory mends a block whose copies the disk does not give", async () => {
  await using folder = new KeptFolder();
  const opened = await open(folder, "fault-tolerant");
  await commits(opened.world, 9);
  flipBlock(folder.path, 2);
  const bad = folder.having("journal-");
  using _ = withoutReads((name) => bad.some((one) => name.endsWith(one)));
  assert.match(
    (await scrubbed(opened))!,
    /damaged block 2; .* again from memory.*; the second copy was damaged/,
  );
  await rewritten(opened);
  await until("a new copy", async () => {
    folder.clock.advance(60_000);
    await commits(opened.world, 1, "later");
    return folder.having("snapshot-").length > 0 &&
      !bad.some((name) => folder.names.includes(name));
  });
  await assertKept(opened, "fault-tolerant");
});

Deno.test("fault-tolerant: other blocks are damaged in the store and in its copies: all come back", async () => {
  await using folder = new KeptFolder();
  const opened = await open(folder, "fault-tolerant", 0);
  const { world } = opened;
  await commits(world, 8);
  await snapshot(opened);
  await snapshot(opened);
  await commits(world, 8, "later");
  const before = world.picture();
  await world.store.close();
  flipBlock(folder.path, 2);
  flipBlock(folder.path, 15);
  for (const name of folder.having("snapshot-")) {
    // In block 3 or 4: what the store has damaged stays whole here.
    flip(`${folder.folder}/${name}`, 250);
  }
  const mended = await folder.open();
  assert.match(mended.alarm!, /block 2 is damaged.*rebuilt/);
  assert.doesNotMatch(mended.alarm!, /lost/);
  assertSame(mended.world.picture(), before);
  await mended.world.store.close();
});

Deno.test("fault-tolerant: what no copy has comes from the damaged store", async () => {
  await using folder = new KeptFolder();
  const opened = await open(folder, "fault-tolerant", 0);
  const { world } = opened;
  await commits(world, 12);
  await snapshot(opened);
  await snapshot(opened);
  await until(
    "the first journal to go",
    () => !folder.names.includes("store.kv.journal-0"),
  );
  const before = world.picture();
  await world.store.close();
  for (const name of folder.having("snapshot-")) {
    const path = `${folder.folder}/${name}`;
    Deno.truncateSync(path, Deno.statSync(path).size >> 1);
  }
  flipBlock(folder.path, 2);
  const mended = await folder.open();
  assert.match(mended.alarm!, /block 2 is damaged.*rebuilt/);
  assertSame(mended.world.picture(), before);
  await mended.world.store.close();
});

Deno.test("a scrub that is off reads nothing, until the setting changes", async () => {
  await using folder = new KeptFolder();
  const told: (string | null)[] = [];
  const options = {
    ...settings(folder.path, "durable"),
    scrubInterval: 0,
    damage: (found: string | null) => told.push(found),
  };
  const world = await World.load(await openStore(options, folder.clock));
  await commits(world, 2);
  folder.clock.advance(3 * DAY);
  await commits(world, 2);
  assert.deepEqual(told, []);
  options.scrubInterval = HOUR;
  folder.clock.advance(HOUR);
  await until("a scrub", () => told.length > 0);
  await world.store.close();
});

Deno.test("damage that a scrub found is looked for once an hour, also where scrubs are off since", async () => {
  await using folder = new KeptFolder();
  const told: (string | null)[] = [];
  const options = {
    ...settings(folder.path, "durable"),
    scrubInterval: DAY,
    damage: (found: string | null) => told.push(found),
  };
  const world = await World.load(await openStore(options, folder.clock));
  await commits(world, 5);
  flipBlock(folder.path, 1);
  const scrub = { folder, world, told, alarm: null };
  assert.match((await scrubbed(scrub))!, /damaged block 1/);
  options.scrubInterval = 0;
  await rewritten(scrub);
  assert.equal(await scrubbed(scrub), null);
  const { length } = told;
  for (let hour = 0; hour < 48; hour++) folder.clock.advance(HOUR);
  await settle();
  assert.equal(told.length, length, "off is off");
  await world.store.close();
});

Deno.test("closing a store ends its scrub", async () => {
  await using folder = new KeptFolder();
  const opened = await open(folder, "durable");
  for (let i = 0; i < 40; i++) {
    const payload = new Uint8Array(50_000).fill(i);
    opened.world.retain(message(`t/${i}`, payload, { retain: true }));
    await opened.world.committed();
  }
  for (let hour = 0; hour < 24; hour++) folder.clock.advance(HOUR);
  await opened.world.store.close();
  assert.deepEqual(opened.told, []);
});

Deno.test("closing a store writes what was noted before it waits for a scrub", async () => {
  const clock = new ManualClock();
  const blocks = new FaultyBlocks();
  let endScrub = () => {};
  const scrub = () =>
    new Promise<null>((resolve) => endScrub = () => resolve(null));
  const store = new LogStore(Object.assign(blocks, { scrub }), clock, {
    mode: "durable",
    flushInterval: 200,
    scrub: { scrubInterval: HOUR },
  });
  const world = await World.load(store);
  clock.advance(HOUR);
  world.begin("a");
  const closing = store.close();
  await settle();
  assert.equal(blocks.head.commit, 1);
  endScrub();
  await closing;
});
