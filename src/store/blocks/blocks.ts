import type { MachineRun } from "../../clock/mod.ts";
import type { Block } from "./block.ts";

/** The range of blocks that the log consists of, and the next numbers. */
export interface Head {
  /** Number of the oldest block. */
  readonly first: number;
  /** Number of the newest; below `first` when there are no blocks. */
  readonly last: number;
  /** Number of commits so far. */
  readonly commit: number;
  /** The next number for a stored thing. */
  readonly next: number;
  /** The store's time at the commit, ms (`StoreTime`). */
  readonly time: number;
  /**
   * The calendar at the commit, ms since 1970.
   *
   * @default {time}
   */
  readonly date?: number;
  /**
   * The machine's run at the commit; null where that is unknown.
   *
   * @default {null}
   */
  readonly machine?: MachineRun | null;
  /**
   * A random number from 1 to 2^48 that names a line of commits. A new epoch
   * begins where another copy of the store may continue from the same commit. 0
   * = a store of a schema without epochs.
   */
  readonly epoch: number;
  /** Sum of the newest block; 0 = there is none, or the sum is unknown. */
  readonly sum: number;
}

/** The changes of one commit. */
export interface Commit {
  /** The head after the commit; blocks before `head.first` are deleted. */
  readonly head: Head;
  /** New blocks, the last ones of the log. */
  readonly blocks: readonly Block[];
}

/** Returns the bytes of the blocks of a commit. */
export function bytesIn({ blocks }: Pick<Commit, "blocks">): number {
  return blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** The head of an empty store. */
export const EMPTY: Head = {
  first: 1,
  last: 0,
  commit: 0,
  next: 1,
  time: 0,
  epoch: 0,
  sum: 0,
};

/**
 * Returns whether two heads are of the same state. Before there were epochs,
 * two copies could give a commit the same number. That they also agree in the
 * millisecond, the blocks and the next number does not happen.
 */
export function sameHead(a: Head, b: Head): boolean {
  if (a.commit !== b.commit || a.epoch !== b.epoch) return false;
  return a.epoch !== 0 || a.time === b.time && a.next === b.next &&
      a.first === b.first && a.last === b.last;
}

/** Returns a new epoch. */
export function newEpoch(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 0x10000) * 2 ** 32 + low + 1;
}

/** A place for blocks. */
export interface Blocks {
  /** The head on disk; `EMPTY` for a new store. */
  readonly head: Head;
  /**
   * Bytes written to the disk since the store was opened, in whole pages;
   * about.
   */
  readonly written: number;
  /** The part of `written` that went to copies; undefined without copies. */
  readonly copiesWritten?: {
    readonly journal: number;
    readonly snapshots: number;
  };
  /** Bytes that copies take on the disk; undefined without copies. */
  readonly copied?: number;
  /**
   * Hands over all blocks of the head in their order; waits for what `each`
   * returns. Rejects with `StoreError` `corrupt` when a block is missing.
   */
  read(each: (block: Block) => void | Promise<void>): Promise<void>;
  /**
   * Writes a commit: all of it or nothing. A rejected commit may be tried
   * again.
   */
  commit(commit: Commit): Promise<void>;
  /**
   * Reads all blocks and copies and mends damage; `pause` lets other work run.
   * Returns the text of an alarm, or null when all is whole. Undefined where
   * nothing can be mended, which may change.
   */
  readonly scrub?: (pause: () => Promise<void>) => Promise<string | null>;
  /**
   * Set by the store: writes the live records of all blocks up to `last` again,
   * from memory, so that these blocks can be deleted.
   */
  rewrite?: (last: number) => void;
  /**
   * Frees space that copies no longer need, if the disk has less room; called
   * after each commit, with the bytes of the log. Returns whether a commit must
   * come first. Undefined without copies.
   */
  tighten?(stored: number): boolean;
  /** Closes the file. */
  close(): Promise<void>;
}

/** Blocks that can be copied while they change. */
export interface CopiedBlocks extends Blocks {
  /**
   * Blocks from this number on stay on disk, also when the head has left them.
   */
  keepFrom: number;
  /**
   * Whether commits go to a journal first; the next commit notes it in the
   * store.
   */
  isJournaled: boolean;
  /** Whether a journal had all commits when the store was opened. */
  readonly wasJournaled: boolean;
  /** Writes blocks again whose stored bytes are damaged. */
  mend?(blocks: readonly Block[]): Promise<void>;
  /**
   * Hands over the blocks of `head`.
   *
   * @default the head on disk
   */
  read(
    each: (block: Block) => void | Promise<void>,
    head?: Head,
  ): Promise<void>;
}
