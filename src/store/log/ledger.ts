import { BLOCK_HEADER, BLOCK_MAX, BLOCK_OVERHEAD } from "../blocks/block.ts";
import { wholePages } from "../base/pages.ts";
import type {
  RetainedPlace,
  SessionSlot,
  StoredEntry,
  StoredSubscription,
} from "../model/state.ts";
import type { StoreStatus } from "../model/store.ts";
import type { StoredBody } from "../model/stored_body.ts";

/** What small records are counted by; those of one kind are much alike. */
export const Category = { Session: 0, Entry: 1, Retained: 2 } as const;

/** What small records are counted by. */
export type Category = typeof Category[keyof typeof Category];

/** Overhead of blocks for each byte of records. */
const A_BYTE = (BLOCK_OVERHEAD + BLOCK_HEADER) / (BLOCK_MAX - BLOCK_HEADER);

/** Bytes of a row in the pages of the tree of rows. */
const A_ROW = 1024;

/** A retained message from this length on is counted to the byte. */
const LONG = 1024;

type LiveSizes = Pick<
  StoreStatus,
  "retainedBytes" | "queuedBytes" | "sessionBytes"
>;

/**
 * What stands in one block. The lists name all that was written to it; what
 * still lives there says so itself, by its number of the block.
 */
export class BlockAccount {
  readonly slots: SessionSlot[] = [];
  readonly received: SessionSlot[] = [];
  readonly subscriptions: StoredSubscription[] = [];
  readonly bodies: StoredBody[] = [];
  readonly entries: StoredEntry[] = [];
  readonly places: RetainedPlace[] = [];
  /** Bytes on disk, with what a row costs. */
  size = 0;
  /** Bytes that the database's file has for it, in pages; about. */
  taken = 0;
  /** By category: bytes of the records, how many there were, and live ones. */
  readonly bytes: number[] = [0, 0, 0];
  readonly written: number[] = [0, 0, 0];
  readonly live: number[] = [0, 0, 0];
}

/**
 * How much of the log is live, by block. Long records count to the byte; of
 * the small ones only their number is kept, and a dead one counts as the
 * average of its category in its block.
 */
export class Ledger {
  #accounts: BlockAccount[] = [];
  /** Number of the oldest block. */
  first: number;
  /** Bytes of all blocks, with what their rows cost. */
  stored = 0;
  /** Bytes that the database's file has for all blocks, in pages; about. */
  taken = 0;
  /** Live bytes of small records by category; estimates. */
  readonly small: number[] = [0, 0, 0];
  /** Live bytes of bodies. */
  bodies = 0;
  /** Live bytes of long retained messages. */
  retained = 0;
  /** Lengths of the records of long retained messages. */
  readonly #long = new Map<RetainedPlace, number>();

  /** `first` is the number of the first block. */
  constructor(first: number) {
    this.first = first;
  }

  /** Bytes that all live records take in full blocks; about. */
  get live(): number {
    const records = this.small[0] + this.small[1] + this.small[2] +
      this.bodies + this.retained;
    return records * (1 + A_BYTE);
  }

  /** Live bytes by what they belong to, as in `StoreStatus`. */
  get sizes(): LiveSizes {
    const [session, entry, retained] = this.small;
    return {
      retainedBytes: bytesOf(retained + this.retained),
      queuedBytes: bytesOf(entry + this.bodies),
      sessionBytes: bytesOf(session),
    };
  }

  /** The account of block `number`, opened when it is the next one. */
  at(number: number): BlockAccount {
    while (this.first + this.#accounts.length <= number) {
      this.#accounts.push(new BlockAccount());
    }
    return this.#accounts[number - this.first];
  }

  /** Block `number` takes `bytes` on disk. */
  sealed(number: number, bytes: number): void {
    const account = this.at(number);
    account.size = bytes + BLOCK_OVERHEAD;
    account.taken = wholePages(bytes) + A_ROW;
    this.stored += account.size;
    this.taken += account.taken;
  }

  /** A record of `bytes` in all with `count` live things in it was written. */
  wrote(number: number, as: Category, bytes: number, count: number): void {
    const account = this.at(number);
    // A changed average changes what the live ones count: take it anew.
    this.small[as] -= estimate(account, as);
    account.bytes[as] += bytes;
    account.written[as] += count;
    account.live[as] += count;
    this.small[as] += estimate(account, as);
  }

  /** One thing of a small record in block `number` is dead. */
  died(number: number, as: Category): void {
    if (number < this.first) return;
    const account = this.at(number);
    account.live[as]--;
    this.small[as] -= account.bytes[as] / account.written[as];
  }

  /** A record of `bytes` was written to block `number` for `place`. */
  placeWrote(place: RetainedPlace, number: number, bytes: number): void {
    this.at(number).places.push(place);
    if (bytes < LONG) {
      return this.wrote(number, Category.Retained, bytes, 1);
    }
    this.#long.set(place, bytes);
    this.retained += bytes;
  }

  /** What `place` had in block `number` is dead. */
  placeDied(place: RetainedPlace, number: number): void {
    const bytes = this.#long.get(place);
    if (bytes === undefined) return this.died(number, Category.Retained);
    this.#long.delete(place);
    this.retained -= bytes;
  }

  /** The oldest block was cleared: what lives of it has moved. */
  removeOldest(): void {
    const account = this.#accounts.shift()!;
    this.first++;
    this.stored -= account.size;
    this.taken -= account.taken;
    for (const as of [0, 1, 2] as const) {
      this.small[as] -= estimate(account, as);
    }
    // Nothing is left for errors of rounding to gather in.
    if (this.#accounts.length === 0) this.small.fill(0);
  }

  /** Counts the live bytes of small records anew from the accounts. */
  estimateAnew(): void {
    this.small.fill(0);
    for (const account of this.#accounts) {
      for (const as of [0, 1, 2] as const) {
        this.small[as] += estimate(account, as);
      }
    }
  }
}

/** Sums of averages end a little beside a whole number, also below 0. */
function bytesOf(sum: number): number {
  return Math.max(0, Math.round(sum));
}

function estimate(account: BlockAccount, as: Category): number {
  const written = account.written[as];
  return written === 0 ? 0 : account.bytes[as] * account.live[as] / written;
}
