import { BLOCK_HEADER, BLOCK_MAX, BLOCK_OVERHEAD } from "../blocks/block.ts";
import { broken } from "../../errors/mod.ts";
import { wholePages } from "../base/pages.ts";
import type {
  RetainedPlace,
  SessionSlot,
  StoredEntry,
  StoredSubscription,
} from "../model/state.ts";
import type { StoreStatus } from "../model/store.ts";
import type { StoredBody } from "../model/stored_body.ts";

/** Categories of small records; records of one category are alike in size. */
export const Category = { Session: 0, Entry: 1, Retained: 2 } as const;

/** A category of small records. */
export type Category = typeof Category[keyof typeof Category];

/** Overhead of blocks for each byte of records. */
const A_BYTE = (BLOCK_OVERHEAD + BLOCK_HEADER) / (BLOCK_MAX - BLOCK_HEADER);

/** Length of the longest block that SQLite keeps within its row, in bytes. */
const IN_ROW = 900;

/** Bytes that such a row takes beside its block, with unfilled parts of pages. */
const BESIDE = 256;

/** Bytes in SQLite's tree for a block that has pages of its own. */
const A_ROW = 1024;

/** Length from which on a retained message is counted exactly, in bytes. */
const LONG = 1024;

type LiveSizes = Pick<
  StoreStatus,
  "retainedBytes" | "queuedBytes" | "sessionBytes"
>;

/**
 * The account of one block. The lists name all that was written to it; each
 * thing knows by its own block number whether it still lives there.
 */
export class BlockAccount {
  readonly slots: SessionSlot[] = [];
  readonly received: SessionSlot[] = [];
  readonly subscriptions: StoredSubscription[] = [];
  readonly bodies: StoredBody[] = [];
  readonly entries: StoredEntry[] = [];
  readonly places: RetainedPlace[] = [];
  /** Bytes on disk, with the cost of a row. */
  size = 0;
  /** Bytes in the pages of the database's file; about. */
  taken = 0;
  /** By category: bytes of the records, their number, and the live ones. */
  readonly bytes: number[] = [0, 0, 0];
  readonly written: number[] = [0, 0, 0];
  readonly live: number[] = [0, 0, 0];
}

/**
 * Counts the live bytes of the log by block. Long records count exactly. Of
 * small ones only the number is kept, and a dead one counts as the average of
 * its category in its block.
 */
export class Ledger {
  #accounts: BlockAccount[] = [];
  /** Number of the oldest block. */
  first: number;
  /** Bytes of all blocks, with the cost of their rows. */
  stored = 0;
  /** Bytes of all blocks in the pages of the database's file; about. */
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

  /** Bytes of all live records in full blocks; about. */
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

  /** Returns the account of block `number`; opens it for the next block. */
  at(number: number): BlockAccount {
    while (this.first + this.#accounts.length <= number) {
      this.#accounts.push(new BlockAccount());
    }
    return this.#accounts[number - this.first];
  }

  /** Notes that block `number` takes `bytes` on disk. */
  sealed(number: number, bytes: number): void {
    const account = this.at(number);
    account.size = bytes + BLOCK_OVERHEAD;
    account.taken = bytes <= IN_ROW
      ? bytes + BESIDE
      : wholePages(bytes) + A_ROW;
    this.stored += account.size;
    this.taken += account.taken;
  }

  /** Notes a record of `bytes` in all with `count` live things. */
  wrote(number: number, as: Category, bytes: number, count: number): void {
    const account = this.at(number);
    // A record changes the average, so the live ones are counted again.
    this.small[as] -= estimate(account, as);
    account.bytes[as] += bytes;
    account.written[as] += count;
    account.live[as] += count;
    this.small[as] += estimate(account, as);
  }

  /** Notes the death of one small thing in block `number`. */
  died(number: number, as: Category): void {
    if (number < this.first) return;
    const account = this.at(number);
    if (--account.live[as] < 0) {
      account.live[as] = broken("stored-bytes", account.live[as]);
      return;
    }
    this.small[as] -= account.bytes[as] / account.written[as];
  }

  /** Notes a record of `bytes` in block `number` for `place`. */
  placeWrote(place: RetainedPlace, number: number, bytes: number): void {
    this.at(number).places.push(place);
    if (bytes < LONG) {
      return this.wrote(number, Category.Retained, bytes, 1);
    }
    this.#long.set(place, bytes);
    this.retained += bytes;
  }

  /** Notes the death of the record of `place` in block `number`. */
  placeDied(place: RetainedPlace, number: number): void {
    const bytes = this.#long.get(place);
    if (bytes === undefined) return this.died(number, Category.Retained);
    this.#long.delete(place);
    this.retained -= bytes;
  }

  /** Removes the oldest block; its live records have moved. */
  removeOldest(): void {
    const account = this.#accounts.shift()!;
    this.first++;
    this.stored -= account.size;
    this.taken -= account.taken;
    for (const as of [0, 1, 2] as const) {
      this.small[as] -= estimate(account, as);
    }
    this.#check();
    // Rounding errors must not add up.
    if (this.#accounts.length === 0) this.small.fill(0);
  }

  /** Reports exact sums that are below 0; those of averages may be, a little. */
  #check(): void {
    const which = "stored-bytes";
    if (this.stored < 0) this.stored = broken(which, this.stored);
    if (this.taken < 0) this.taken = broken(which, this.taken);
    if (this.bodies < 0) this.bodies = broken(which, this.bodies);
    if (this.retained < 0) this.retained = broken(which, this.retained);
  }

  /** Estimates the live bytes of small records again from the accounts. */
  estimateAnew(): void {
    this.small.fill(0);
    for (const account of this.#accounts) {
      for (const as of [0, 1, 2] as const) {
        this.small[as] += estimate(account, as);
      }
    }
  }
}

/** Sums of averages may end a little beside a whole number, also below 0. */
function bytesOf(sum: number): number {
  return Math.max(0, Math.round(sum));
}

function estimate(account: BlockAccount, as: Category): number {
  const written = account.written[as];
  return written === 0 ? 0 : account.bytes[as] * account.live[as] / written;
}
