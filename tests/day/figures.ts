/** What a process has used so far. Linux only: all is read from /proc. */
export interface Figures {
  /** CPU seconds of all threads. */
  readonly cpu: number;
  /** Resident bytes. */
  readonly resident: number;
  /** Resident bytes that no file backs: the part that is not cache. */
  readonly anonymous: number;
  /** Bytes that the process caused the system to write to disks. */
  readonly written: number;
}

/** Ticks of the processor's time in a second, on every Linux. */
const TICKS = 100;

/** Returns the figures of the process `pid`. */
export async function figuresOf(pid: number): Promise<Figures> {
  const read = (name: string) => Deno.readTextFile(`/proc/${pid}/${name}`);
  const [stat, status, io] = await Promise.all([
    read("stat"),
    read("status"),
    read("io"),
  ]);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) / TICKS,
    resident: numberIn(status, "VmRSS") * 1024,
    anonymous: numberIn(status, "RssAnon") * 1024,
    written: numberIn(io, "write_bytes"),
  };
}

function numberIn(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text);
  if (found === null) throw new Error(`no ${name} in /proc`);
  return Number(found[1]);
}
