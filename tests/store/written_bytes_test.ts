import assert from "node:assert/strict";
import type { StorageMode } from "../../src/store/mod.ts";
import { settle } from "./faulty_blocks.ts";
import { KeptFolder, type OpenedWorld } from "./kept_folder.ts";
import { message } from "./world.ts";
import { sumOf } from "../../src/store/base/write_counter.ts";

const HOUR = 3_600_000;

const sizeOf = (path: string) => Deno.statSync(path).size;

/** Commits with a message of a page each. */
async function commits({ world }: OpenedWorld, count: number): Promise<void> {
  const payload = new Uint8Array(3000);
  for (let i = 0; i < count; i++) {
    world.retain(message(`t/${i}`, payload, { retain: true }));
    await world.committed();
  }
}

/** What `run` wrote, as the status says. */
async function writtenBy(
  { world }: OpenedWorld,
  run: () => Promise<void>,
): Promise<number> {
  const before = sumOf(world.store.status.writtenToday);
  await run();
  return sumOf(world.store.status.writtenToday) - before;
}

async function writtenIn(mode: StorageMode): Promise<number> {
  await using folder = new KeptFolder();
  const opened = await folder.open(mode);
  const bytes = await writtenBy(opened, () => commits(opened, 50));
  await opened.world.store.close();
  return bytes;
}

Deno.test("bytes written: about what SQLite's log grows by", async () => {
  await using folder = new KeptFolder();
  const opened = await folder.open("durable");
  await commits(opened, 20);
  const log = `${folder.path}-wal`;
  const before = sizeOf(log);
  const told = await writtenBy(opened, () => commits(opened, 60));
  const ratio = told / (sizeOf(log) - before);
  assert.ok(ratio > 0.8 && ratio < 1.25, `told ${ratio} of what was written`);
  await opened.world.store.close();
});

Deno.test("bytes written: the journal counts as well", async () => {
  const more = await writtenIn("fault-tolerant") - await writtenIn("durable");
  assert.ok(more > 50 * 4096, `only ${more} bytes more`);
});

Deno.test("bytes written: a snapshot counts as well", async () => {
  await using folder = new KeptFolder();
  const opened = await folder.open();
  await commits(opened, 50);
  const usual = await writtenBy(opened, () => commits(opened, 1));
  folder.clock.advance(HOUR);
  const told = await writtenBy(opened, async () => {
    await commits(opened, 1);
    // Turns of the event loop are what it waits for, not time.
    for (let turns = 0; turns < 20_000; turns++) {
      await settle();
      if (folder.names.some((name) => /snapshot-\d+$/.test(name))) break;
    }
    await opened.world.store.close();
  });
  const [name] = folder.having("snapshot-");
  const bytes = sizeOf(`${folder.folder}/${name}`);
  assert.ok(bytes > 50 * 3000);
  assert.ok(told >= usual + bytes, `${told} with ${bytes}, usually ${usual}`);
});

Deno.test("bytes written: those of a snapshot at the opening count", async () => {
  await using folder = new KeptFolder();
  const plain = await folder.open("durable");
  await commits(plain, 50);
  await plain.world.store.close();
  const { world } = await folder.open("fault-tolerant");
  assert.ok(sumOf(world.store.status.writtenToday) > 50 * 3000);
  await world.store.close();
});
