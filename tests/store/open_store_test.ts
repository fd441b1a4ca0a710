import assert from "node:assert/strict";
import { ManualClock } from "../../src/clock/mod.ts";
import {
  openStore,
  type StorageMode,
  type StoreSettings,
} from "../../src/store/mod.ts";
import { happen, seeded } from "./random_world.ts";
import { World } from "./world.ts";

export function settings(
  path: string,
  mode: StorageMode,
  more: Partial<StoreSettings> = {},
): StoreSettings {
  return {
    mode,
    path,
    flushInterval: 200,
    maxSize: 0,
    lowSpaceBytes: 0,
    lowSpacePercent: 0,
    snapshotInterval: 3_600_000,
    onCorruption: "start-empty",
    name: "dunlin",
    ...more,
  };
}

for (const mode of ["buffered", "durable", "fault-tolerant"] as const) {
  Deno.test(`store ${mode}: a restart finds all that was noted`, async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/deep/store.kv`;
    try {
      const random = seeded(3);
      let world = await World.load(
        await openStore(settings(path, mode), new ManualClock()),
      );
      for (let life = 0; life < 3; life++) {
        for (let batch = 0; batch < 10; batch++) {
          happen(world, random, 100);
          await world.committed();
        }
        happen(world, random, 100);
        const before = world.picture();
        await world.store.close();
        world = await World.load(
          await openStore(settings(path, mode), new ManualClock()),
        );
        assert.deepEqual(world.picture(), before);
      }
      await world.store.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
