import type { Source } from "../blocks/block_pool.ts";
import type { CopiedBlocks } from "../blocks/blocks.ts";
import type { Files } from "../files/files.ts";
import type { DiskSpace } from "../space/space.ts";
import type { StoreFile } from "../kv/full_disk_blocks.ts";
import type { Verdict } from "../kv/verify_store.ts";

/** The disk of a store, with all that opening needs except time. */
export interface Disk {
  /** The files of the disk. */
  readonly files: Files;
  /**
   * Creates the folder of the store at `path` and locks the store for the
   * broker `name`. The lock ends with the process.
   *
   * @throws {StoreError} `locked`, or `failing`.
   */
  lock(path: string, name: string): Promise<Lock>;
  /** Verifies a store without changing it; see `verify`. */
  verify(path: string): Promise<Verdict>;
  /**
   * Returns a source of the whole blocks in the damaged store at `path`.
   * Undefined where nothing can be read.
   */
  damaged?(path: string): Source;
  /** Opens the file of a verified store, to read it on a full disk. */
  openToRead(path: string): Promise<StoreFile>;
  /** Opens a verified store; a missing one begins empty. */
  openBlocks(path: string): Promise<CopiedBlocks>;
  /** Makes the store at `path`, which is open nowhere, a single file. */
  makeSingle(path: string): Promise<void>;
  /** Returns a new epoch: a random number from 1 to 2^48. */
  newEpoch(): number;
  /**
   * Empties the write-ahead log of the store at `path`, which may be open, as
   * far as no reader needs it.
   *
   * @default there is no such log
   */
  emptyLog?(path: string): Promise<void>;
  /** Returns the space on the disk that `folder` is on. */
  space(folder: string): Promise<DiskSpace>;
}

/** A locked store. */
export interface Lock {
  /** Its path without symbolic links; all its files are beside it. */
  readonly path: string;
  /** Unlocks the store. */
  release(): Promise<void>;
}
