import assert from "node:assert/strict";
import { compactStore } from "../../src/store/mod.ts";
import { KeptFolder } from "./kept_folder.ts";
import { assertSame, message, type World } from "./world.ts";

const isStore = (name: string) => /^store\.kv(-wal)?$/.test(name);
const isCopy = (name: string) => /\.(journal|snapshot)-\d+$/.test(name);

/** So many commits, each with a message of its own. */
async function commits(world: World, count: number, text: string) {
  for (let i = 0; i < count; i++) {
    world.retain(message(`${text}/${i}`, text, { retain: true }));
    await world.committed();
  }
}

/** Makes a store that lacks commits of its journal; returns what both have. */
async function behind(folder: KeptFolder): Promise<unknown> {
  await using live = new KeptFolder();
  const { world } = await live.open();
  await commits(world, 5, "stored");
  await live.copyTo(folder, isStore);
  await commits(world, 7, "journaled");
  await live.copyTo(folder, isCopy);
  const before = world.picture();
  await world.store.close();
  return before;
}

for (const mode of ["buffered", "durable"] as const) {
  Deno.test(`${mode}: a store that lags behind the journal of another mode gets what that has`, async () => {
    await using folder = new KeptFolder();
    const before = await behind(folder);
    const { world, alarm } = await folder.open(mode);
    assert.match(alarm!, /lacked its last 7 commits; the journal had them/);
    assertSame(world.picture(), before);
    assert.notDeepEqual(folder.names.filter(isCopy), [], "nothing is newer");
    await commits(world, 1, "new");
    await world.store.close();
    assert.deepEqual(folder.names.filter(isCopy), [], "an old copy is no use");
    const again = await folder.open("fault-tolerant");
    assert.equal(again.alarm, null);
    assertSame(again.world.picture(), world.picture());
    await again.world.store.close();
    assert.notDeepEqual(folder.names.filter(isCopy), []);
  });

  Deno.test(`${mode}: a damaged store is built from the copies that another mode left`, async () => {
    await using folder = new KeptFolder();
    const before = await behind(folder);
    folder.ruin();
    const { world, alarm } = await folder.open(mode);
    assert.match(alarm!, /was damaged .*rebuilt it from its second copy/);
    assertSame(world.picture(), before);
    await world.store.close();
  });
}

Deno.test("copies that a crash left behind the store are removed, not played", async () => {
  await using folder = new KeptFolder();
  const before = await behind(folder);
  await using kept = new KeptFolder();
  await folder.copyTo(kept, isCopy);
  const { world } = await folder.open("durable");
  assertSame(world.picture(), before);
  await commits(world, 3, "new");
  const now = world.picture();
  await world.store.close();
  await kept.copyTo(folder, isCopy);
  const { world: again, alarm } = await folder.open("durable");
  assert.equal(alarm, null);
  assertSame(again.picture(), now);
  await again.store.close();
  assert.deepEqual(folder.names.filter(isCopy), []);
});

Deno.test("compacting keeps what only the journal has", async () => {
  await using folder = new KeptFolder();
  const before = await behind(folder);
  await compactStore(folder.path);
  const { world, alarm } = await folder.open("fault-tolerant");
  assert.equal(alarm, null);
  assertSame(world.picture(), before);
  await world.store.close();
});
