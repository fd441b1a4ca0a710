import type { MachineRun } from "./clock.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";
const UPTIME = "/proc/uptime";

/** Containers may show another uptime in /proc than the system call (s). */
const TOLERANCE = 2;

/** The boot id, which stays the same as long as this program runs. */
let bootId: number | null = null;

/** Returns the current boot of the machine; null on all systems but Linux. */
export function machineRun(): MachineRun | null {
  if (Deno.build.os !== "linux") return null;
  try {
    const id = bootId ??= readBootId();
    return { id, uptime: Math.round(uptime() * 1000) };
  } catch {
    return null; // Without /proc a stop is measured by the calendar.
  }
}

/**
 * Throws where the system has no boot id. An executable has it as a variable:
 * without all permissions the runtime denies /proc.
 */
function readBootId(): number {
  // The first 12 digits of a version 4 UUID are random.
  const whole = Deno.env.get("DUNLIN_BOOT_ID") ||
    Deno.readTextFileSync(BOOT_ID);
  const text = whole.replaceAll("-", "");
  const id = Number.parseInt(text.slice(0, 12), 16) + 1;
  if (!Number.isInteger(id)) throw new Error(`no boot id in ${BOOT_ID}`);
  return id;
}

/**
 * Returns seconds since the machine started. The system call knows whole
 * seconds only; /proc has hundredths, but LXC puts the age of the container
 * there.
 */
function uptime(): number {
  const whole = Deno.osUptime();
  const fine = fineUptime();
  return Math.abs(fine - whole) < TOLERANCE ? fine : whole;
}

/** Returns NaN where /proc cannot be read: also at the limit of open files. */
function fineUptime(): number {
  try {
    return parseFloat(Deno.readTextFileSync(UPTIME));
  } catch {
    return NaN;
  }
}
