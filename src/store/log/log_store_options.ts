import type { ScrubOptions } from "./scrub_timer.ts";
import type { SpaceSource } from "../space/space_watch.ts";
import type { WriteBudget } from "../space/write_budget.ts";
import type { StorageMode } from "../model/store.ts";

/** Dead bytes that are tolerated by default: 1 MiB. */
export const SLACK = 1024 * 1024;

/** Bytes of messages in one commit by default: 32 MiB. */
export const PART = 32 * 1024 * 1024;

/** The options of a `LogStore`. */
export interface LogStoreOptions {
  /** The storage mode. */
  readonly mode: Exclude<StorageMode, "memory">;
  /** Time from a change to its commit at most, ms. */
  readonly flushInterval: number;
  /**
   * Reports whether space is short.
   *
   * @default it never is
   */
  readonly space?: SpaceSource;
  /**
   * Spreads the bytes that are written in a day.
   *
   * @default no limit
   */
  readonly budget?: WriteBudget;
  /**
   * Dead bytes that are tolerated.
   *
   * @default 1 MiB
   */
  readonly slack?: number;
  /**
   * Bytes of messages in one commit.
   *
   * @default 32 MiB
   */
  readonly part?: number;
  /** Called when the store is closed. */
  readonly release?: () => Promise<void>;
  /** The damage found at the opening, for the report. */
  readonly alarm?: string | null;
  /**
   * Tries of a commit before it fails for good.
   *
   * @default no end
   */
  readonly tries?: number;
  /** Why nothing can be written at first; the store tries from the start on. */
  readonly unwritable?: unknown;
  /**
   * When the store is scrubbed.
   *
   * @default never
   */
  readonly scrub?: ScrubOptions;
  /**
   * The new epoch.
   *
   * @default the epoch of the store
   */
  readonly epoch?: number;
  /**
   * Path of the store, for errors.
   *
   * @default "the disk"
   */
  readonly place?: string;
}
