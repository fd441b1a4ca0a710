import assert from "node:assert/strict";
import { backupStore, restoreStore } from "../../src/store/mod.ts";
import { KeptFolder } from "./kept_folder.ts";
import { assertSame, message, type World } from "./world.ts";

/** Commits that only the store in question has. */
async function commits(world: World, text: string): Promise<void> {
  for (let i = 0; i < 5; i++) {
    world.retain(message(`${text}/${i}`, text, { retain: true }));
    await world.committed();
  }
}

/** A fault-tolerant store, a backup of it, and what it had by then and since. */
async function backedUp(folder: KeptFolder) {
  const { world } = await folder.open();
  await commits(world, "then");
  const then = world.picture();
  const backup = `${folder.folder}/backup`;
  await backupStore(folder.path, backup);
  await commits(world, "since");
  const since = world.picture();
  await world.store.close();
  return { backup, then, since };
}

Deno.test("a backup put back where the store's file is gone: its copies do not come back", async () => {
  await using folder = new KeptFolder();
  const { backup, then } = await backedUp(folder);
  Deno.removeSync(folder.path);
  const kept = await restoreStore(backup, folder.path);
  assert.equal(kept, `${folder.path}.replaced`);
  assert.ok(folder.names.includes("store.kv.replaced.journal-0"));
  const { world, alarm } = await folder.open();
  assert.equal(alarm, null);
  assertSame(world.picture(), then);
  await world.store.close();
});

Deno.test("a backup that was being copied when all ended leaves the store as it is", async () => {
  await using folder = new KeptFolder();
  const { backup, since } = await backedUp(folder);
  const bytes = Deno.readFileSync(backup);
  const partial = `${folder.path}.restoring.partial`;
  Deno.writeFileSync(partial, bytes.subarray(0, 5000));
  const { world, alarm } = await folder.open();
  assert.equal(alarm, null);
  assertSame(world.picture(), since);
  assert.deepEqual(folder.having("restoring"), []);
  await world.store.close();
});

Deno.test("putting a backup back is finished by the next start, wherever it ended", async () => {
  // In the order in which they are moved: the file itself comes last.
  const parts = [".journal-0", "-wal", ""];
  for (let moved = 0; moved <= parts.length; moved++) {
    await using folder = new KeptFolder();
    const { backup, then, since } = await backedUp(folder);
    Deno.writeFileSync(`${folder.path}-wal`, new Uint8Array(0));
    await Deno.copyFile(backup, `${folder.path}.restoring`);
    for (const part of parts.slice(0, moved)) {
      Deno.renameSync(folder.path + part, `${folder.path}.replaced${part}`);
    }
    const { world, alarm } = await folder.open();
    assert.match(
      alarm!,
      /store restore was interrupted; this start finished it/,
    );
    assertSame(world.picture(), then, `${moved} moved`);
    await world.store.close();
    await restoreStore(`${folder.path}.replaced`, folder.path);
    const before = await folder.open();
    assertSame(before.world.picture(), since);
    await before.world.store.close();
  }
});

Deno.test("a rollback journal that was not set aside with its store is set aside by the next start", async () => {
  await using folder = new KeptFolder();
  const { world } = await folder.open();
  await commits(world, "old");
  const before = world.picture();
  await world.store.close();
  // As a start leaves it that ends while it puts a rebuilt store in place.
  const aside = `${folder.path}.corrupt-2001-09-09T014640Z`;
  Deno.copyFileSync(folder.path, aside);
  Deno.renameSync(folder.path, `${folder.path}.rebuilt-complete`);
  const pages = Uint8Array.of(1, 2, 3);
  Deno.writeFileSync(`${folder.path}-journal`, pages);
  const mended = await folder.open();
  assert.match(mended.alarm!, /interrupted while it replaced a damaged store/);
  assertSame(mended.world.picture(), before);
  assert.deepEqual(Deno.readFileSync(`${aside}-journal`), pages);
  await mended.world.store.close();
});

Deno.test("a store that was half set aside is not mixed with a new one", async () => {
  await using folder = new KeptFolder();
  const { world } = await folder.open("durable");
  await commits(world, "old");
  // As a killed broker leaves it: all of it is in the write-ahead log.
  const log = Deno.readFileSync(`${folder.path}-wal`);
  assert.ok(log.length > 10_000);
  await world.store.close();
  const aside = `${folder.path}.corrupt-2001-09-09T014640Z`;
  Deno.renameSync(folder.path, aside);
  Deno.writeFileSync(`${folder.path}-wal`, log);
  const empty = await folder.open("durable");
  assert.match(empty.alarm!, /interrupted while it renamed a damaged store/);
  assert.deepEqual(empty.world.picture(), { sessions: [], retained: [] });
  assert.deepEqual(Deno.readFileSync(`${aside}-wal`), log);
  await commits(empty.world, "new");
  await empty.world.store.close();
});
