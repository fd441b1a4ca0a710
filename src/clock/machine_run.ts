import type { MachineRun } from "./clock.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";
const UPTIME = "/proc/uptime";

/** Containers may show another uptime in /proc than the system call (s). */
const TOLERANCE = 2;

/** Returns the run of the machine; null where the system does not tell. */
export function machineRun(): MachineRun | null {
  if (Deno.build.os !== "linux") return null;
  try {
    // The first half of a UUID is random up to its 13th digit.
    const text = Deno.readTextFileSync(BOOT_ID).replaceAll("-", "");
    const id = Number.parseInt(text.slice(0, 12), 16) + 1;
    if (!Number.isInteger(id)) return null;
    return { id, uptime: Math.round(uptime() * 1000) };
  } catch {
    return null; // Without /proc a stop is measured by the calendar.
  }
}

/**
 * Seconds since the machine started. The system call knows whole seconds only;
 * /proc has hundredths, but LXC puts the age of the container there.
 */
function uptime(): number {
  const whole = Deno.osUptime();
  const fine = parseFloat(Deno.readTextFileSync(UPTIME));
  return Math.abs(fine - whole) < TOLERANCE ? fine : whole;
}
