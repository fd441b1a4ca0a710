/** Memory and CPU of the process, with its worker threads. Sizes in bytes. */
export interface ProcessFigures {
  /** Process id. */
  readonly pid: number;
  /** CPU seconds since its start, to 10 ms; null where no system tells. */
  readonly cpuSeconds: number | null;
  /** Memory that the system has given it (resident set). */
  readonly rss: number;
  /** V8's heap of the main thread. */
  readonly heapTotal: number;
  /** The part of the heap that is in use. */
  readonly heapUsed: number;
  /** Buffers outside of the heap. */
  readonly external: number;
}

/** Clock ticks a second in /proc, on all systems that Deno runs on. */
const TICKS = 100;

/** Reads them as of now. */
export function processFigures(): ProcessFigures {
  return {
    pid: Deno.pid,
    cpuSeconds: cpuSeconds(),
    ...Deno.memoryUsage(),
  };
}

/** Returns the bytes that the broker has allocated: heap in use and buffers. */
export function allocatedBytes(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
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
