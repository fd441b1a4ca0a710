import type { ScrubOptions } from "./scrub_timer.ts";
import type { SpaceSource } from "../space/space_watch.ts";
import type { StorageMode } from "../model/store.ts";

/** How a `LogStore` works. */
export interface LogStoreOptions {
  /** The storage mode. */
  readonly mode: Exclude<StorageMode, "memory">;
  /** At most so long after a change it is written, ms. */
  readonly flushInterval: number;
  /** Asked whether space is short. @default it never is */
  readonly space?: SpaceSource;
  /**
   * Dead bytes that are left alone.
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
  /** Called when the store has been closed. */
  readonly release?: () => Promise<void>;
  /** The damage found when the store was opened, for the report. */
  readonly alarm?: string | null;
  /** Tries of a commit before it is given up. @default there is no end */
  readonly tries?: number;
  /** Why nothing can be written for now; it is tried from the start on. */
  readonly unwritable?: unknown;
  /** When the store is read through. @default never */
  readonly scrub?: ScrubOptions;
  /** Names the past that begins. @default the one of the store goes on */
  readonly epoch?: number;
  /** Where it is, for errors. @default "the disk" */
  readonly place?: string;
}
