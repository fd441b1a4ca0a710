import { dirname } from "node:path";
import type { Clock } from "../clock/mod.ts";

/** How often the disk is asked, ms. */
const LOOK = 5000;

/** Free bytes with which a store can be opened. */
const ENOUGH = 256 * 1024;

/** What counts as too little space. */
export interface SpaceLimits {
  /** The store's file. */
  readonly path: string;
  /** Bytes the store may take; 0 = no bound. */
  readonly maxSize: number;
  /** Free bytes there should be on its disk; 0 = none. */
  readonly lowSpaceBytes: number;
  /** Free percent there should be on its disk; 0 = none. */
  readonly lowSpacePercent: number;
}

/** Free and total bytes of a disk. */
export interface DiskSpace {
  /** Bytes that this user may still write. */
  readonly free: number;
  /** Bytes of all of it. */
  readonly total: number;
}

/** Tells when space is short, before writing fails. */
export class Space {
  readonly #limits: SpaceLimits;
  readonly #clock: Clock;
  readonly #ask: (path: string) => Promise<DiskSpace>;
  #asked = -Infinity;
  #low: string | null = null;

  /** `ask` finds out about the disk of a path. */
  constructor(
    limits: SpaceLimits,
    clock: Clock,
    ask: (path: string) => Promise<DiskSpace> = askSystem,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Why no more should be stored, or null. `stored` is in bytes. */
  shortage(stored: number): string | null {
    const { maxSize, lowSpaceBytes, lowSpacePercent } = this.#limits;
    const now = this.#clock.now();
    if (
      (lowSpaceBytes > 0 || lowSpacePercent > 0) && now - this.#asked >= LOOK
    ) {
      this.#asked = now;
      this.look();
    }
    if (maxSize > 0 && stored >= maxSize) {
      return `the store has reached its maximum of ${maxSize} bytes ` +
        "(storage.max_size)";
    }
    return this.#low;
  }

  /** Asks the disk; the answer counts from when this resolves. */
  async look(): Promise<void> {
    const { lowSpaceBytes, lowSpacePercent, path } = this.#limits;
    if (lowSpaceBytes <= 0 && lowSpacePercent <= 0) return;
    try {
      const { free, total } = await this.#ask(dirname(path));
      const least = Math.max(lowSpaceBytes, total * lowSpacePercent / 100);
      this.#low = free < least
        ? `the disk has ${free} bytes left, less than ${Math.round(least)} ` +
          "(storage.low_space)"
        : null;
    } catch {
      // A disk that cannot be asked is not known to be full.
      this.#low = null;
    }
  }
}

/** Asks the system for the space on the disk of the folder `path`. */
export async function askSystem(path: string): Promise<DiskSpace> {
  const { statfs } = await import("node:fs/promises");
  const { bavail, blocks, bsize } = await statfs(path);
  return { free: bavail * bsize, total: blocks * bsize };
}

/**
 * What to say of the disk of `path` when it is full, else null. `ask` returns
 * the space on the disk of a folder.
 */
export async function whyFull(
  path: string,
  ask: (folder: string) => Promise<DiskSpace> = askSystem,
): Promise<Error | null> {
  try {
    const { free } = await ask(dirname(path));
    if (free > ENOUGH) return null;
    return new Error(`the disk is full: ${free} bytes are left`);
  } catch {
    return null; // A disk that cannot be asked is not known to be full.
  }
}
