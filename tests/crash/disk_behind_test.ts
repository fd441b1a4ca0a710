import assert from "node:assert/strict";
import { KeptFolder } from "../store/kept_folder.ts";
import { assertSame, message, type World } from "../store/world.ts";
import { until } from "../support/wait.ts";
import { testOnDisk } from "./disk_place.ts";

/** Commits of some size: one does not fit into what SQLite has left over. */
async function commits(world: World, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) {
    world.retain(message(`t/${n}`, `${n}`.repeat(20_000), { retain: true }));
    await world.committed();
  }
}

testOnDisk(
  "fault-tolerant: on a full disk a store reads what only its journal has",
  async (disk) => {
    await using folder = new KeptFolder();
    await using small = new KeptFolder(disk.path);
    const { world } = await folder.open();
    await commits(world, 1, 5);
    await folder.copyTo(small, (name) => /^store\.kv(-wal)?$/.test(name));
    await commits(world, 6, 7);
    await folder.copyTo(small, (name) => name.includes("journal-"));
    const before = world.picture();
    await world.store.close();
    await disk.fill();
    const full = await small.open();
    assertSame(full.world.picture(), before);
    assert.notEqual(full.world.store.health, "ok");
    await disk.clear();
    full.world.retain(message("room", "again", { retain: true }));
    const done = full.world.committed();
    let isDone = false;
    done.then(() => isDone = true);
    await until("a commit to the disk that has space again", () => {
      small.clock.advance(10);
      return isDone;
    });
    const after = full.world.picture();
    await full.world.store.close();
    small.ruin();
    const mended = await small.open();
    assertSame(mended.world.picture(), after);
    await mended.world.store.close();
  },
);
