/**
 * Compiles the entry stub for both processors: writes `linux-x64.bin` and
 * `linux-arm64.bin` beside this file, or into the folder that is named. Needs
 * Debian's `gcc` and `gcc-aarch64-linux-gnu`. The bytes depend on the compiler;
 * those in git come from that of Debian 12.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { output } from "../../tools/build.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The tools for each processor, and what its compiler needs besides. */
const processors = [
  { name: "linux-x64", tools: "", option: "-fcf-protection=none" },
  {
    name: "linux-arm64",
    tools: "aarch64-linux-gnu-",
    option: "-mno-outline-atomics",
  },
];

/** No libc, no data that is written, no addresses to be set at the start. */
const OPTIONS = [
  ...["-Os", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fPIC"],
  ...["-ffreestanding", "-fno-stack-protector", "-fno-jump-tables"],
  ...["-fno-asynchronous-unwind-tables", "-fno-tree-loop-distribute-patterns"],
  ...["-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-T,stub.ld"],
];

/** Compiles both stubs into the folder `out`. */
export async function buildStubs(out: string): Promise<void> {
  for (const { name, tools, option } of processors) {
    const linked = join(out, `${name}.elf`);
    const args = [...OPTIONS, option, "-o", linked, "stub.c"];
    await output(`${tools}gcc`, args, here);
    const copy = ["-O", "binary", linked, join(out, `${name}.bin`)];
    await output(`${tools}objcopy`, copy, here);
    await Deno.remove(linked);
  }
}

if (import.meta.main) await buildStubs(Deno.args[0] ?? here);
