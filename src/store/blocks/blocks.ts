import type { MachineRun } from "../../clock/mod.ts";
import type { Block } from "./block.ts";

/** Which part of the log holds, and what goes on from there. */
export interface Head {
  /** Number of the oldest block. */
  readonly first: number;
  /** Number of the newest; below `first` when there are no blocks. */
  readonly last: number;
  /** Commits so far; each one adds 1. */
  readonly commit: number;
  /** The next number for a stored thing. */
  readonly next: number;
  /** When this was written, ms: the store's time (`StoreTime`). */
  readonly time: number;
  /**
   * The calendar when this was written, ms since 1970. @default {time}
   */
  readonly date?: number;
  /**
   * The machine's run when this was written; null where that is unknown.
   * @default {null}
   */
  readonly machine?: MachineRun | null;
  /**
   * A random number from 1 to 2^48 that names a past. A new epoch begins where
   * another copy of the store may continue from the same commit. 0 = a store of
   * a schema without epochs.
   */
  readonly epoch: number;
  /** Sum of the newest block; 0 = there is none, or it is not known. */
  readonly sum: number;
}

/** What one commit changes. */
export interface Commit {
  /** What holds after it: blocks before `head.first` are let go. */
  readonly head: Head;
  /** New blocks, the last ones of the log. */
  readonly blocks: readonly Block[];
}

/** Returns the bytes of the blocks of a commit. */
export function bytesIn({ blocks }: Pick<Commit, "blocks">): number {
  return blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** The head of a store in which nothing has been stored. */
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
 * Whether two heads are of one and the same state. Before there were epochs two
 * pasts could give a commit the same number; that they do so in the same
 * millisecond as well, with as many blocks and things stored, does not happen.
 */
export function sameHead(a: Head, b: Head): boolean {
  if (a.commit !== b.commit || a.epoch !== b.epoch) return false;
  return a.epoch !== 0 || a.time === b.time && a.next === b.next &&
      a.first === b.first && a.last === b.last;
}

/** Names a past that begins. */
export function newEpoch(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 0x10000) * 2 ** 32 + low + 1;
}

/** Where blocks are kept. */
export interface Blocks {
  /** The head as it is stored; `EMPTY` for a new store. */
  readonly head: Head;
  /** Bytes that went to the disk since it was opened, in whole pages; about. */
  readonly written: number;
  /** Bytes that copies take on the disk; missing where there are none. */
  readonly copied?: number;
  /**
   * Hands over all blocks the head holds, in their order; waits for what
   * `each` returns. Rejects with `StoreError` `corrupt` when one is missing.
   */
  read(each: (block: Block) => void | Promise<void>): Promise<void>;
  /**
   * Makes a commit last: all of it or nothing. It may be tried again after it
   * was rejected.
   */
  commit(commit: Commit): Promise<void>;
  /**
   * Reads all there is and mends what is damaged; `pause` lets others work.
   * Returns what to tell the operator, or null when all is whole. Missing where
   * nothing can be mended, which may change.
   */
  readonly scrub?: (pause: () => Promise<void>) => Promise<string | null>;
  /**
   * Set by the store: writes the live records of all blocks up to `last` again,
   * from memory, so that these blocks can be deleted.
   */
  rewrite?: (last: number) => void;
  /**
   * Gives back what copies take and no longer need, if the room on the disk is
   * less; called after each commit, with the bytes of the log. Returns whether a
   * commit has to come first. Missing where there are no copies.
   */
  tighten?(stored: number): boolean;
  /** Lets go of the file. */
  close(): Promise<void>;
}

/** Blocks of a store, of which a second copy can be made while they change. */
export interface CopiedBlocks extends Blocks {
  /** Blocks from here on stay on disk, although the head has left them. */
  keepFrom: number;
  /** Whether commits go to a journal first; said in the store with the next. */
  isJournaled: boolean;
  /** Whether a journal has all that was stored before these were opened. */
  readonly wasJournaled: boolean;
  /** Writes blocks of the log again of which what is stored is damaged. */
  mend?(blocks: readonly Block[]): Promise<void>;
  /** Hands over the blocks of `head`. @default the head as it is stored */
  read(
    each: (block: Block) => void | Promise<void>,
    head?: Head,
  ): Promise<void>;
}
