import assert from "node:assert/strict";
import { testOnDisk } from "./disk_place.ts";
import { fillAndDrain } from "./fill_and_drain.ts";

// Other sizes by hand: tests/crash/disk_sizes_main.ts.
for (const mode of ["buffered", "durable", "fault-tolerant"]) {
  testOnDisk(
    `${mode}: a disk is refused before it is full, and taken again once what waited was taken`,
    async (disk) => {
      const { fillings, lowest } = await fillAndDrain(disk, mode);
      assert.ok(lowest > 256 * 1024, `${lowest} bytes were left`);
      assert.ok(fillings[0].taken > 10);
    },
    24,
  );
}
