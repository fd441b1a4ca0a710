import { type Block, isWhole, mayBeSame, sumBefore, sumIn } from "./block.ts";
import type { Head } from "./blocks.ts";

/** Receives the heads and blocks that a source has. */
export interface Finds {
  /**
   * Takes a head. The commit of an `unfinished` one may never have been
   * acknowledged.
   */
  head(head: Head, unfinished: boolean): void;
  /** Takes a block, which may be damaged. */
  block(block: Block): Promise<void> | void;
}

/** A range of block numbers, both ends included. */
export interface Range {
  /** The oldest block. */
  readonly first: number;
  /** The newest; below `first` when there are none. */
  readonly last: number;
}

/** A file that may have blocks of a store, some of them damaged. */
export interface Source {
  /** Hands over the blocks in `range` that the file has, in any order. */
  read(finds: Finds, range: Range): Promise<void>;
}

interface Found {
  readonly sum: number;
  readonly before: number;
  /** The oldest block from which a chain leads to this one. */
  low: number;
}

/**
 * All blocks of a store, whichever file has them. A head vouches for a chain of
 * blocks by their sums. So the pool takes a block that is damaged in one file
 * from another, and never one of another epoch.
 */
export class BlockPool {
  readonly #sources: readonly Source[];
  readonly #found = new Map<number, Found[]>();
  readonly #heads: Head[] = [];
  /** Heads of finished commits. */
  readonly #finished: Head[] = [];

  private constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  /**
   * Reads all `sources`. Each gets the range of blocks that earlier ones name.
   */
  static async gather(sources: readonly Source[]): Promise<BlockPool> {
    const pool = new BlockPool(sources);
    for (const source of sources) {
      await source.read({
        head: (head, unfinished) => pool.#head(head, unfinished),
        block: (block) => pool.#block(block),
      }, pool.#range);
    }
    pool.#link();
    return pool;
  }

  /** The latest head whose blocks are all there; null = none. */
  get latest(): Head | null {
    const heads = this.#heads.sort((a, b) => b.commit - a.commit);
    return heads.find((head) => this.has(head)) ?? null;
  }

  /** Returns how many commits of the same epoch came after `head`, at least. */
  beyond({ epoch, commit }: Head): number {
    let greatest = commit;
    for (const one of this.#finished) {
      if (one.epoch === epoch) greatest = Math.max(greatest, one.commit);
    }
    return greatest - commit;
  }

  /** Returns whether all blocks of `head` are there. */
  has({ first, last, sum }: Head): boolean {
    return first > last || this.#fitting(last, sum, first) !== undefined;
  }

  /** Hands over the blocks of `head`, which are all there, in any order. */
  async read(
    head: Head,
    each: (block: Block) => Promise<void> | void,
  ): Promise<void> {
    const wanted = this.#chain(head);
    for (const source of this.#sources) {
      if (wanted.size === 0) return;
      await source.read({
        head: () => {},
        block: async (block) => {
          const { number } = block;
          if (!wanted.has(number) || !isWhole(block)) return;
          if (wanted.get(number) !== sumIn(block)) return;
          wanted.delete(number);
          await each(block);
        },
      }, head);
    }
    if (wanted.size > 0) {
      throw new Error("the copies changed while they were read");
    }
  }

  /** Returns the sums of the blocks of `head` by their numbers. */
  #chain({ first, last, sum }: Head): Map<number, number> {
    const sums = new Map<number, number>();
    for (let number = last, wanted = sum; number >= first; number--) {
      const found = this.#fitting(number, wanted, first)!;
      sums.set(number, found.sum);
      wanted = found.before;
    }
    return sums;
  }

  #fitting(number: number, sum: number, first: number): Found | undefined {
    return this.#found.get(number)?.find((found) =>
      mayBeSame(found.sum, sum) && found.low <= first
    );
  }

  #head(head: Head, unfinished: boolean): void {
    if (head.commit === 0) return;
    this.#heads.push(head);
    if (!unfinished) this.#finished.push(head);
  }

  #block(block: Block): void {
    if (!isWhole(block)) return;
    const { number } = block;
    const sum = sumIn(block);
    let list = this.#found.get(number);
    if (list === undefined) this.#found.set(number, list = []);
    if (list.some((one) => one.sum === sum)) return;
    list.push({ sum, before: sumBefore(block), low: number });
  }

  #link(): void {
    for (const number of [...this.#found.keys()].sort((a, b) => a - b)) {
      const before = this.#found.get(number - 1) ?? [];
      for (const found of this.#found.get(number)!) {
        for (const { sum, low } of before) {
          if (mayBeSame(sum, found.before)) {
            found.low = Math.min(found.low, low);
          }
        }
      }
    }
  }

  /** The range from the oldest block that a head names to the newest. */
  get #range(): Range {
    let range: Range = { first: Infinity, last: 0 };
    for (const { first, last } of this.#heads) {
      range = {
        first: Math.min(first, range.first),
        last: Math.max(last, range.last),
      };
    }
    return range;
  }
}
