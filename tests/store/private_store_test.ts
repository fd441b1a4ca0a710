import assert from "node:assert/strict";
import { openStore } from "../../src/store/mod.ts";

import { ManualClock } from "../support/manual_clock.ts";
import { happen, seeded } from "./random_world.ts";
import { settings } from "./settings.ts";
import { World } from "./world.ts";

for (const mode of ["buffered", "durable", "fault-tolerant"] as const) {
  Deno.test({
    name:
      `${mode}: a store's files are its user's alone, also those there were`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const folder = await Deno.makeTempDir();
      const store = `${folder}/made`;
      const path = `${store}/store.kv`;
      try {
        for (let life = 0; life < 2; life++) {
          const world = await World.load(
            await openStore(settings(path, mode), new ManualClock()),
          );
          happen(world, seeded(life), 300);
          await world.committed();
          assert.equal((await Deno.stat(store)).mode! & 0o077, 0, store);
          for await (const { name } of Deno.readDir(store)) {
            const { mode } = await Deno.stat(`${store}/${name}`);
            assert.equal(mode! & 0o077, 0, name);
          }
          await world.store.close();
          // A copy made by hand is readable by all.
          await Deno.chmod(path, 0o644);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
