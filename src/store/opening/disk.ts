import type { Source } from "../blocks/block_pool.ts";
import type { CopiedBlocks } from "../blocks/blocks.ts";
import type { Files } from "../base/files.ts";
import type { DiskSpace } from "../space/space.ts";
import type { Verdict } from "../kv/verify_store.ts";

/** Where stores are: all that opening one needs beside time. */
export interface Disk {
  /** The files there, stores among them. */
  readonly files: Files;
  /**
   * Locks the store at `path` for the broker called `name`, and makes the
   * folder of it. The lock ends with the process.
   *
   * @throws {StoreError} `locked`, or `failing`.
   */
  lock(path: string, name: string): Promise<Lock>;
  /** Reads a store without changing it; see `verify`. */
  verify(path: string): Promise<Verdict>;
  /**
   * Returns a source of the whole blocks in the damaged store at `path`. Missing =
   * nothing can be read there.
   */
  damaged?(path: string): Source;
  /** Opens a store that was verified; one that is missing begins empty. */
  openBlocks(path: string): Promise<CopiedBlocks>;
  /** Makes the store at `path`, which is open nowhere, a single file. */
  makeSingle(path: string): Promise<void>;
  /** Names a past that begins: a random number from 1 to 2^48. */
  newEpoch(): number;
  /**
   * Empties the write-ahead log of the store at `path`, which may be open, as
   * far as no reader needs it. @default there is no such log
   */
  emptyLog?(path: string): Promise<void>;
  /** Returns the space on the disk that `folder` is on. */
  space(folder: string): Promise<DiskSpace>;
}

/** A store that is locked. */
export interface Lock {
  /** Its path without symbolic links; all its files are beside that. */
  readonly path: string;
  /** Unlocks the store. */
  release(): Promise<void>;
}
