import { dirname } from "node:path";
import type { Clock } from "../../clock/mod.ts";
import type { Files } from "../files/files.ts";
import type { StorageMode } from "../model/store.ts";
import { systemFiles } from "../files/system_files.ts";

/** Interval between questions to the disk, ms. */
const LOOK = 5000;

/** The same while space is short, ms. */
const SHORT_LOOK = 1000;

/** Free bytes that suffice to open a store; at most those of `marginOf`. */
const ENOUGH = 256 * 1024;

/** Free bytes needed for deleting, the write-ahead log and the stop. */
const MARGIN = 8 * 1024 * 1024;

/** Length of the write-ahead log between checkpoints, in bytes. */
const WAL = 4.9e6;

/** Length from which on it hardly grows. */
const WAL_GROWN = 4e6;

/** Maximum of `lowSpaceBytes` as a part of the disk. */
const MOST = 1 / 4;

/**
 * Hysteresis: space that was short stays short until the bound plus this part.
 */
const BACK = 1 / 8;

/** The bounds of space. */
export interface SpaceLimits {
  /** The storage mode: `fault-tolerant` writes everything twice. */
  readonly mode: StorageMode;
  /** The store's file. */
  readonly path: string;
  /** Bytes the store may take; 0 = no bound. */
  readonly maxSize: number;
  /**
   * Bytes to leave free on the disk, up to a quarter of it; 0 = only the bytes
   * that deleting needs.
   */
  readonly lowSpaceBytes: number;
  /** Percent of the disk to leave free; 0 = none. */
  readonly lowSpacePercent: number;
}

/** Free and total bytes of a disk. */
export interface DiskSpace {
  /** Bytes that this user may still write. */
  readonly free: number;
  /** Bytes of all of it. */
  readonly total: number;
}

/** Bytes that a store has written and will write. */
export interface Usage {
  /** All blocks of the log. */
  readonly stored: number;
  /** Bytes of these in the pages of the database's file. */
  readonly taken: number;
  /** Bytes written to the disk since the store was opened. */
  readonly written: number;
  /** Bytes of journals and snapshots. */
  readonly copied: number;
  /** Bytes noted and not on disk yet. */
  readonly coming: number;
}

/** The last look at the disk. */
interface Seen extends DiskSpace {
  /**
   * Bytes of the database's file; the pages of deleted blocks are used again.
   */
  readonly file: number;
  /** Bytes of the write-ahead log, whose space is used again as well. */
  readonly wal: number;
}

/**
 * Notices a lack of space before writing fails. Between two looks at the disk
 * it counts written and noted bytes. Pages of the file that the store no longer
 * needs count as free: so an emptied store has room again, although its file
 * does not shrink.
 */
export class Space {
  readonly #limits: SpaceLimits;
  readonly #clock: Clock;
  readonly #ask: (path: string) => Promise<DiskSpace>;
  readonly #files: Pick<Files, "size">;
  #asked = -Infinity;
  #isAsking = false;
  #seen: Seen | null = null;
  /** `Usage.written` at that look. */
  #writtenThen = 0;
  #written = 0;
  /** `Usage.copied` at that look. */
  #copiedThen = 0;
  #copied = 0;
  #isShort = false;
  /** Called after an answer of the disk that may change the verdict. */
  onAnswer: () => void = () => {};
  /** Whether the disk has answered, or cannot answer. */
  isKnown = false;
  /** Free bytes on the disk, less what is about to be taken. */
  free = Infinity;
  /** Bytes that may come until the disk is short of space; below 0 then. */
  diskRoom = Infinity;
  /** The same until the disk or `maxSize` is short of space. */
  room = Infinity;

  /** `ask` returns the space of a disk, `files` the length of files. */
  constructor(
    limits: SpaceLimits,
    clock: Clock,
    ask: (path: string) => Promise<DiskSpace> = askSystem,
    files: Pick<Files, "size"> = systemFiles,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#ask = ask;
    this.#files = files;
  }

  /** Returns why nothing should be stored at present, or null. */
  shortage(usage: Usage): string | null {
    this.#written = usage.written;
    this.#copied = usage.copied;
    this.#lookWhenDue();
    const { maxSize } = this.#limits;
    const low = this.#judge(usage);
    this.#isShort = low !== null;
    this.room = this.diskRoom;
    const left = maxSize - usage.stored - usage.coming;
    if (maxSize === 0) return low;
    this.room = Math.min(this.room, left);
    return left > 0 ? low : `the store has reached its maximum of ${maxSize} ` +
      "bytes (storage.max_size)";
  }

  /** Asks the disk; the answer counts when this resolves. */
  async look(): Promise<void> {
    const { path } = this.#limits;
    this.#asked = this.#clock.now();
    this.#isAsking = true;
    const [written, copied] = [this.#written, this.#copied];
    try {
      // The files first: their growth meanwhile counts twice, never not at all.
      const file = await this.#files.size(path) ?? 0;
      const wal = await this.#files.size(`${path}-wal`) ?? 0;
      const { free, total } = await this.#ask(dirname(path));
      this.#seen = { free, total, file, wal };
      this.#writtenThen = written;
      this.#copiedThen = copied;
    } catch {
      // A disk that cannot be asked may have space.
      this.#seen = null;
    } finally {
      this.#isAsking = false;
      const isFirst = !this.isKnown;
      this.isKnown = true;
      if (isFirst || this.#isShort) this.onAnswer();
    }
  }

  #lookWhenDue(): void {
    if (this.#isAsking) return;
    const pause = this.#isShort ? SHORT_LOOK : LOOK;
    const since = this.#written - this.#writtenThen;
    // The answer must come before the room is used up.
    const isMuch = since > Math.max(0, this.diskRoom / 4);
    if (isMuch || this.#clock.now() - this.#asked >= pause) this.look();
  }

  #judge(usage: Usage): string | null {
    this.diskRoom = this.free = Infinity;
    if (this.#seen === null) return null;
    const { free, total, file, wal } = this.#seen;
    const { lowSpaceBytes, lowSpacePercent, mode } = this.#limits;
    const margin = marginOf(total);
    const low = Math.max(
      Math.min(lowSpaceBytes, total * MOST),
      total * lowSpacePercent / 100,
    );
    const bound = Math.max(low, margin);
    const least = this.#isShort ? bound * (1 + BACK) : bound;
    // Bytes that move from the log to the file are in that count already.
    const grows = Math.max(0, usage.taken - file) + Math.max(0, WAL - wal);
    this.free = free - grows - (usage.copied - this.#copiedThen);
    // Deleted blocks leave room in the file.
    let left = this.free + Math.max(0, file - usage.taken);
    this.diskRoom = left - least - usage.coming;
    if (mode === "fault-tolerant") {
      // A journal takes the same bytes, and never reuses room.
      this.diskRoom = Math.min(
        this.free - least - usage.coming,
        (this.diskRoom - usage.coming) / 2,
      );
      left = this.free;
    }
    // A log of full length is overwritten.
    if (wal < WAL_GROWN) this.diskRoom = Math.min(this.diskRoom, this.free);
    if (this.diskRoom >= 0) return null;
    const why = low < margin ? "needed to delete data" : "storage.low_space";
    return `the disk has ${Math.max(0, Math.round(left))} bytes left, less ` +
      `than ${Math.round(least)} (${why})`;
  }
}

/** Returns the margin of a disk of `total` bytes; below 64 MiB an eighth. */
function marginOf(total: number): number {
  return Math.min(MARGIN, total / 8);
}

/** Asks the system for the space on the disk of the folder `path`. */
export async function askSystem(path: string): Promise<DiskSpace> {
  const { statfs } = await import("node:fs/promises");
  const { bavail, blocks, bsize } = await statfs(path);
  return { free: bavail * bsize, total: blocks * bsize };
}

/**
 * Describes the full disk of `path`; null if it is not full. `ask` returns the
 * space on the disk of a folder.
 */
export async function whyFull(
  path: string,
  ask: (folder: string) => Promise<DiskSpace> = askSystem,
): Promise<Error | null> {
  try {
    const { free, total } = await ask(dirname(path));
    if (free > Math.min(ENOUGH, marginOf(total))) return null;
    return new Error(`the disk is full: ${free} bytes are left`);
  } catch {
    return null; // A disk that cannot be asked is not known to be full.
  }
}
