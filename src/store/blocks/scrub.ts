import { type Block, isWhole, mayBeSame, sumBefore, sumIn } from "./block.ts";
import { BlockPool, type Source } from "./block_pool.ts";
import type { CopiedBlocks, Head } from "./blocks.ts";
import { isBroken } from "../base/open_fault.ts";
import { isCorrupt } from "../base/store_error.ts";

/** Blocks read between two pauses: some 1 MiB. */
const A_SLICE = 16;

/** The means of a scrub. */
export interface Scrubbing {
  /** The snapshots and journals; empty without a second copy. */
  readonly copies: readonly Source[];
  /** Lets other work run. */
  readonly pause: () => Promise<void>;
  /** Writes the live records of the blocks up to `last` again, from memory. */
  readonly rewrite?: (last: number) => void;
}

/** The result of reading a store. */
interface Live {
  /** The sums of whole blocks, by their numbers. */
  readonly sums: ReadonlyMap<number, number>;
  /**
   * The newest block that is damaged or that the next one does not continue.
   */
  readonly damaged: number;
}

/**
 * Reads all blocks of `head`, which stay on disk meanwhile, and mends damaged
 * ones: from the copies, else from memory. Returns the text of an alarm, or
 * null when all are whole.
 */
export async function scrubBlocks(
  blocks: CopiedBlocks,
  head: Head,
  { copies, pause, rewrite }: Scrubbing,
): Promise<string | null> {
  const live = await readLive(blocks, head, pause);
  if (live.damaged === 0) return null;
  const mended = await mendFrom(copies, blocks, head, live);
  if (mended.length > 0) {
    return `the store had ${list(mended)}; the broker restored all from the ` +
      "second copy, and nothing is lost";
  }
  const what = list(missing(head, live));
  if (rewrite === undefined) return `the store has ${what}`;
  rewrite(live.damaged);
  return `the store had ${what}; the broker writes their live records again ` +
    "from memory, and nothing is lost";
}

async function readLive(
  blocks: CopiedBlocks,
  head: Head,
  pause: () => Promise<void>,
): Promise<Live> {
  const sums = new Map<number, number>();
  let damaged = 0;
  let count = 0;
  let sum = 0;
  let next = head.first;
  try {
    await blocks.read((block) => {
      const { number } = block;
      next = number + 1;
      const whole = isWhole(block);
      if (whole) sums.set(number, sumIn(block));
      if (!whole) damaged = number;
      else if (!mayBeSame(sum, sumBefore(block))) damaged = number - 1;
      sum = whole ? sumIn(block) : 0;
      return ++count % A_SLICE === 0 ? pause() : undefined;
    }, head);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    // Blocks behind the failure were not read.
    return { sums, damaged: Math.max(next, head.last) };
  }
  return { sums, damaged: mayBeSame(sum, head.sum) ? damaged : head.last };
}

/**
 * Mends the blocks that the copies have whole; returns their numbers, none
 * where a damaged block is whole in no copy.
 */
async function mendFrom(
  copies: readonly Source[],
  blocks: CopiedBlocks,
  head: Head,
  { sums }: Live,
): Promise<number[]> {
  if (copies.length === 0 || blocks.mend === undefined) return [];
  const own: Source = {
    read: async ({ block }) => {
      await blocks.read(block, head).catch(() => {});
    },
  };
  const sources = [...copies.map(readable), own];
  const pool = await BlockPool.gather(sources);
  if (!pool.has(head)) return [];
  const mended: Block[] = [];
  await pool.read(head, (block) => {
    if (sums.get(block.number) !== sumIn(block)) mended.push(block);
  });
  await blocks.mend(mended);
  return mended.map(({ number }) => number).sort((a, b) => a - b);
}

/** Returns `source`, cut short where the disk cannot read it. */
function readable({ read }: Source): Source {
  return {
    read: (finds, range) =>
      read(finds, range).catch((error) => {
        if (!isBroken((error as Error).message)) throw error;
      }),
  };
}

function missing({ first, last }: Head, { sums }: Live): number[] {
  const numbers: number[] = [];
  for (let number = first; number <= last; number++) {
    if (!sums.has(number)) numbers.push(number);
  }
  return numbers;
}

/** Lists the damaged blocks; the first few by number. */
function list(numbers: readonly number[]): string {
  if (numbers.length === 0) return "blocks of another epoch";
  const names = numbers.slice(0, 5).join(", ");
  const more = numbers.length > 5 ? ` and ${numbers.length - 5} more` : "";
  return `damaged ${numbers.length === 1 ? "block" : "blocks"} ${names}${more}`;
}
