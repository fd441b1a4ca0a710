import assert from "node:assert/strict";
import { KvFile } from "../../src/store/kv/kv_file.ts";
import { backupStore, restoreStore } from "../../src/store/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { KeptFolder } from "./kept_folder.ts";
import { assertSame, message, type World } from "./world.ts";

/** So many commits, each with a message of its own. */
async function commits(world: World, count: number, text: string) {
  for (let i = 0; i < count; i++) {
    world.retain(message(`${text}/${i}`, `${text} ${i}`, { retain: true }));
    await world.committed();
  }
}

/** The clock goes on from half an hour after 1970. */
function setBack(folder: KeptFolder): void {
  folder.clock = new ManualClock(1_800_000);
}

async function epochOf(path: string): Promise<number> {
  const file = await KvFile.open(path);
  try {
    return file.head.epoch;
  } finally {
    file.close();
  }
}

Deno.test("a clock set back does not bring back the copy that a store left behind", async () => {
  await using folder = new KeptFolder();
  const first = await folder.open();
  await commits(first.world, 10, "journaled");
  await first.world.store.close();
  setBack(folder);
  const second = await folder.open("durable");
  await commits(second.world, 3, "not journaled");
  const before = second.world.picture();
  await second.world.store.close();
  for (let start = 0; start < 2; start++) {
    const third = await folder.open();
    assert.equal(third.alarm, null);
    assertSame(third.world.picture(), before);
    await third.world.store.close();
  }
});

Deno.test("a past ends where a store goes on without what its journal may have", async () => {
  await using folder = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, 3, "a");
  await world.store.close();
  const first = await epochOf(folder.path);
  const again = await folder.open();
  await commits(again.world, 3, "b");
  await again.world.store.close();
  assert.equal(await epochOf(folder.path), first, "the same past goes on");
  const durable = await folder.open("durable");
  await commits(durable.world, 3, "c");
  await durable.world.store.close();
  const second = await epochOf(folder.path);
  assert.notEqual(second, first, "its journal was left behind");
  const backup = `${folder.folder}/backup`;
  await backupStore(folder.path, backup);
  await restoreStore(backup, folder.path);
  assert.notEqual(await epochOf(folder.path), second, "a backup is put back");
});

Deno.test("commits behind a damaged one are not played onto what replaced it", async () => {
  await using folder = new KeptFolder();
  await using other = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, 5, "kept");
  await folder.copyTo(other, (name) => /^store\.kv(-wal)?$/.test(name));
  const { size } = Deno.statSync(`${folder.path}.journal-0`);
  await commits(world, 5, "lost");
  await folder.copyTo(other, (name) => name.endsWith("journal-0"));
  await world.store.close();
  const bytes = Deno.readFileSync(`${other.path}.journal-0`);
  bytes[size + 40] ^= 4;
  Deno.writeFileSync(`${other.path}.journal-0`, bytes);
  // The store is without the damaged commit, and whole ones come after it.
  const second = await other.open();
  await commits(second.world, 1, "in its place");
  const before = second.world.picture();
  await second.world.store.close();
  const third = await other.open();
  assertSame(third.world.picture(), before);
  await third.world.store.close();
});
