import type { Cancel, Clock } from "../../clock/mod.ts";
import type { SpaceSource } from "./space_watch.ts";

/** Interval between looks while there are commits, ms. */
const LOOK = 5000;

/** Length from which on the log is emptied; 4 to 5 MiB are usual. */
const LONG = 16 * 1024 * 1024;

/** Length from which on the operator gets an alarm, in bytes. */
const TOLD = 64 * 1024 * 1024;

const MIB = 1024 * 1024;

/** The write-ahead log of an open store. */
export interface WriteAheadLog {
  /** Returns its length in bytes, or null where there is none. */
  size(): Promise<number | null>;
  /** Empties the log, as far as no other program reads the store. */
  empty(): Promise<void>;
  /** Receives why the log stays long; null once it is short. */
  readonly told?: (trouble: string | null) => void;
}

/**
 * Keeps the write-ahead log of a store short. SQLite keeps all pages that a
 * reader may need, and the file never shrinks by itself. So a backup of an
 * hour, or a program that never ends, would fill the disk unnoticed.
 */
export class WalGuard {
  readonly #log: WriteAheadLog;
  readonly #clock: Clock;
  #looked = -Infinity;
  #again: Cancel | null = null;
  #isLooking = false;
  #isTold = false;
  #ended = false;
  /** Bytes of a log beyond the usual length at the last look; 0 = usual. */
  excess = 0;

  /** `log` is that of the store. */
  constructor(log: WriteAheadLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Looks at the length when that is due; called after each commit. */
  look(): void {
    const now = this.#clock.now();
    if (this.#isLooking || now - this.#looked < LOOK) return;
    this.#looked = now;
    this.#isLooking = true;
    this.#look().finally(() => this.#isLooking = false);
  }

  /** Returns the same space, which looks at the log and counts it as stored. */
  countedIn(space: SpaceSource): SpaceSource {
    return {
      shortage: (usage) => {
        this.look();
        const stored = usage.stored + this.excess;
        return space.shortage({ ...usage, stored });
      },
      get room() {
        return space.room;
      },
      get isKnown() {
        return space.isKnown;
      },
      set onAnswer(task: () => void) {
        space.onAnswer = task;
      },
    };
  }

  /** The store is being closed. */
  end(): void {
    this.#ended = true;
    this.#again?.();
  }

  /** Does not throw. */
  async #look(): Promise<void> {
    const size = await this.#shorten();
    if (this.#ended) return;
    // A length that cannot be read leaves the last one in force.
    if (size !== null) {
      this.excess = size > LONG ? size : 0;
      this.#tell(size);
    }
    this.#again?.();
    this.#again = null;
    if (this.excess === 0) return;
    // Also without a commit: the reader may end.
    this.#again = this.#clock.after(LOOK, () => this.look());
  }

  /**
   * Empties a long log. Returns its new length, or null when that cannot be
   * read: commits report a failing disk.
   */
  async #shorten(): Promise<number | null> {
    let size: number | null = null;
    try {
      size = await this.#log.size() ?? 0;
      if (size <= LONG || this.#ended) return size;
      await this.#log.empty();
      return await this.#log.size() ?? 0;
    } catch {
      return size;
    }
  }

  #tell(size: number): void {
    const isLong = size >= TOLD;
    if (isLong === this.#isTold || (this.#isTold && size > LONG)) return;
    this.#isTold = isLong;
    this.#log.told?.(
      isLong
        ? `another program keeps reading the store: ` +
          `${Math.floor(size / MIB)} MiB stay in its write-ahead log until ` +
          "that program ends; look for a backup or a dunlin store command " +
          "that hangs"
        : null,
    );
  }
}
