import type { ProcessFigures } from "../../admin/protocol/mod.ts";

/** Clock ticks a second in /proc, on all systems that Deno runs on. */
const TICKS = 100;

/** The most bytes that a reading found. */
let allocatedMaximum = 0;

/** Reads memory and CPU as of now. */
export function processFigures(): ProcessFigures {
  return { pid: Deno.pid, cpuSeconds: cpuSeconds(), ...memoryFigures() };
}

/** Reads the memory alone. */
export function memoryFigures(): Omit<ProcessFigures, "pid" | "cpuSeconds"> {
  const memory = Deno.memoryUsage();
  const allocated = memory.heapUsed + memory.external;
  allocatedMaximum = Math.max(allocatedMaximum, allocated);
  return { ...memory, allocated, allocatedMaximum };
}

/** Reads /proc: the runtime's own call loads megabytes of Node's. */
function cpuSeconds(): number | null {
  if (Deno.build.os !== "linux") return null;
  try {
    return cpuOf(Deno.readTextFileSync("/proc/self/stat"));
  } catch {
    // /proc is hidden, or not permitted.
    return null;
  }
}

/** Returns the CPU seconds in the text of /proc/PID/stat; null for another. */
export function cpuOf(stat: string): number | null {
  // The name of the program may hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks / TICKS : null;
}
