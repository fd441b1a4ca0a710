import assert from "node:assert/strict";
import { openStore } from "../../src/store/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { happen, seeded } from "./random_world.ts";
import { settings } from "./settings.ts";
import { assertSame, World } from "./world.ts";

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
        assertSame(world.picture(), before);
      }
      await world.store.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("a store is a folder or a file that ends in .kv, and is told so", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/state`, "a file");
    await Deno.mkdir(`${folder}/folder.kv`);
    const open = (path: string) =>
      openStore(settings(path, "durable"), new ManualClock());
    await assert.rejects(open(`${folder}/state/store.kv`), {
      fault: "failing",
      message: /cannot be in .*\/state: it is a file\. A store is a folder/,
    });
    await assert.rejects(open(`${folder}/folder.kv`), {
      fault: "failing",
      message: /cannot be .*folder\.kv: it is a folder/,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
