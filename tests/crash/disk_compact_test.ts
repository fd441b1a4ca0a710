import assert from "node:assert/strict";
import { store } from "../../src/cli/store/store.ts";
import { KeptFolder } from "../store/kept_folder.ts";
import { assertSame, message } from "../store/world.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { testOnDisk } from "./disk_place.ts";

testOnDisk(
  "compacting on a full disk ends with an error, and nothing is lost",
  async (disk) => {
    await using folder = new KeptFolder(disk.path);
    const { world } = await folder.open("durable");
    for (let n = 0; n < 40; n++) {
      const text = `${n % 20}`.repeat(30_000);
      world.retain(message(`t/${n % 20}`, text, { retain: true }));
      await world.committed();
    }
    const before = world.picture();
    await world.store.close();
    await disk.fill();
    let err = "";
    const output = { out() {}, err: (text: string) => err += text };
    const compact = () =>
      store(
        "compact",
        undefined,
        { path: folder.path },
        {},
        output,
        new ManualClock(),
      );
    assert.equal(await compact(), 1);
    assert.match(
      err,
      /store\.kv cannot be compacted: the disk is full\. .* lost/,
    );
    await disk.clear();
    assert.equal(await compact(), 0);
    const again = await folder.open("durable");
    assert.equal(again.alarm, null);
    assertSame(again.world.picture(), before);
    await again.world.store.close();
  },
);
