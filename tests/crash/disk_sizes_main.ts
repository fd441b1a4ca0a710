/**
 * Fills small disks in every storage mode and prints a table of what came of
 * it. Linux, as root. Exits 1 when something acknowledged was lost, a message
 * was not refused or not taken again, or a stop failed.
 *
 *     deno run -A tests/crash/disk_sizes_main.ts [--sizes 12,24,200] [--mode M]
 */
import { parseArgs } from "node:util";
import { fillAndDrain } from "./fill_and_drain.ts";
import { SmallDisk } from "./small_disk.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    sizes: { type: "string", default: "12,16,24,32,48,64,100,150,200" },
    mode: { type: "string", default: "buffered,durable,fault-tolerant" },
  },
});

const MIB = 1024 * 1024;
const mib = (bytes: number) => (bytes / MIB).toFixed(1);

console.log("| MiB | mode | taken | free at refusal | lowest | recovery |");
console.log("| --- | ---- | ----- | --------------- | ------ | -------- |");
for (const size of values.sizes.split(",").map(Number)) {
  for (const mode of values.mode.split(",")) {
    await using disk = await SmallDisk.mount(size);
    let row: string;
    try {
      const { fillings, lowest, recovery } = await fillAndDrain(disk, mode);
      row = `${fillings.map(({ taken }) => taken).join(", ")} | ` +
        `${fillings.map(({ free }) => mib(free)).join(", ")} | ` +
        `${mib(lowest)} | ${Math.round(recovery)} ms`;
    } catch (error) {
      Deno.exitCode = 1;
      row = `FAILED: ${(error as Error).message.split("\n")[0]} | | |`;
    }
    console.log(`| ${size} | ${mode} | ${row} |`);
  }
}
