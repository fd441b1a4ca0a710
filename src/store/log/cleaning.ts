import type { BatchEncoder } from "./batch_encoder.ts";
import { BLOCK_MAX } from "../blocks/block.ts";
import type { BlockWriter } from "../blocks/block_writer.ts";
import type { BlockAccount, Ledger } from "./ledger.ts";
import type { RetainedSource, StoredEntry } from "../model/state.ts";

/** Bytes rewritten in one batch, unless one record alone is longer. */
const WORK = 1024 * 1024;

/** Blocks deleted in one batch: as many as one atomic takes. */
const BLOCKS = 512;

/** Dead bytes that are tolerated where space is short: about a block. */
const TIGHT_SLACK = 64 * 1024;

/** Dead bytes tolerated there, as a part of the live bytes. */
const TIGHT_PART = 0.1;

/**
 * Dead bytes that are tolerated while writes have to be spared, beside this
 * multiple of the live bytes.
 */
const SPARING_SLACK = 16 * 1024 * 1024;
const SPARING_PART = 4;

/** A pass that frees a smaller part of what it removed has failed. */
const LEAST_GAIN = 1 / 32;

/** The bytes after a failed pass; its dead bytes then count as live. */
interface Rest {
  readonly dead: number;
  readonly live: number;
}

/**
 * Clears the oldest blocks while that is worth it: writes their live records
 * again at the end of the log, and deletes the block.
 *
 * The order is strictly from the oldest block on. So a record that ends a thing
 * can be dropped once its block is the oldest: no earlier block can hold that
 * thing.
 */
export class Cleaning {
  readonly #ledger: Ledger;
  readonly #encoder: BatchEncoder;
  readonly #writer: BlockWriter;
  readonly #slack: number;
  readonly #tightPart: number;
  /**
   * The pass ends before this block: all blocks from its beginning are cleared.
   */
  #end = 0;
  /** Bytes of the blocks that the pass has cleared. */
  #removed = 0;
  /** Bytes that the pass has rewritten. */
  #rewritten = 0;
  #rest: Rest | null = null;
  /** Whether space is short, so that a smaller gain is worth a pass. */
  isTight = false;
  /** Whether writes have to be spared: dead bytes may stay for longer. */
  isSparing = false;
  /** Bytes rewritten so far, in all passes. */
  rewritten = 0;
  /** Blocks up to this number are cleared in any case. */
  through = 0;

  /**
   * `slack` dead bytes are tolerated while there is space. `isCopied` says that
   * rewritten bytes take space in a journal, too.
   */
  constructor(
    ledger: Ledger,
    encoder: BatchEncoder,
    writer: BlockWriter,
    slack: number,
    isCopied: boolean,
  ) {
    this.#tightPart = isCopied ? 1 : TIGHT_PART;
    this.#ledger = ledger;
    this.#encoder = encoder;
    this.#writer = writer;
    this.#slack = slack;
  }

  /** Whether blocks up to `through` are left: a damaged one may be in them. */
  get isForced(): boolean {
    return this.#ledger.first <= this.through;
  }

  /**
   * Whether more than half of what is stored is dead, beyond the slack; a tenth
   * where space is tight and there is no second copy; four fifths while writes
   * have to be spared.
   */
  get isWanted(): boolean {
    if (this.isForced) return true;
    const { stored, live } = this.#ledger;
    const rest = this.#rest;
    // With fewer live bytes, the failed pass explains fewer dead ones.
    const inVain = rest === null
      ? 0
      : rest.dead * Math.min(1, live / Math.max(1, rest.live));
    const dead = stored - live - inVain;
    if (this.isSparing && !this.isTight) {
      return dead > SPARING_PART * live + SPARING_SLACK;
    }
    return this.isTight
      ? dead > this.#tightPart * live + Math.min(TIGHT_SLACK, this.#slack)
      : dead > live + this.#slack;
  }

  /**
   * Clears blocks within one batch. `before` is the first block of the batch,
   * which must be written before it can be cleared.
   */
  clean(retained: RetainedSource, before: number): void {
    const writer = this.#writer;
    const ledger = this.#ledger;
    const start = writer.bytes;
    for (let blocks = 0; blocks < BLOCKS; blocks++) {
      const written = writer.bytes - start;
      if (ledger.first >= before || written > WORK) break;
      // Else each batch would replace one small block by another.
      const isFilling = written > 0 && written < BLOCK_MAX / 2;
      if (!isFilling && !this.isWanted) break;
      this.#clearOldest(retained, before);
    }
  }

  #clearOldest(retained: RetainedSource, before: number): void {
    const ledger = this.#ledger;
    if (this.#end === 0) this.#end = before;
    const { bytes } = this.#writer;
    const { size } = ledger.at(ledger.first);
    clearOldest(ledger, this.#encoder, retained);
    this.#removed += size;
    const rewritten = this.#writer.bytes - bytes;
    this.#rewritten += rewritten;
    this.rewritten += rewritten;
    if (ledger.first >= this.#end) this.#endPass();
  }

  #endPass(): void {
    const { stored, live } = this.#ledger;
    const gain = this.#removed - this.#rewritten;
    // Another pass would find the same, and wear out the disk.
    this.#rest = gain < LEAST_GAIN * this.#removed
      ? { dead: Math.max(0, stored - live), live }
      : null;
    this.#end = this.#removed = this.#rewritten = 0;
  }
}

/** Writes the live records of the oldest block again, and drops the block. */
function clearOldest(
  ledger: Ledger,
  encoder: BatchEncoder,
  retained: RetainedSource,
): void {
  const number = ledger.first;
  const account = ledger.at(number);
  for (const slot of account.slots) {
    if (slot.block === number && !slot.ended) encoder.session(slot);
  }
  for (const subscription of account.subscriptions) {
    const { slot } = subscription.subscriber;
    if (subscription.block === number && slot !== null) {
      encoder.subscription(slot, subscription);
    }
  }
  for (const body of account.bodies) {
    if (body.block === number && body.holders > 0) encoder.body(body);
  }
  clearEntries(account, number, encoder);
  for (const slot of account.received) {
    if (slot.receivedBlock === number && !slot.ended) {
      encoder.received(slot, true);
    }
  }
  for (const place of account.places) {
    if (place.block !== number) continue;
    const message = retained.messageAt(place);
    if (message !== null) encoder.retained(place, message, number);
  }
  ledger.removeOldest();
}

function clearEntries(
  account: BlockAccount,
  number: number,
  encoder: BatchEncoder,
): void {
  const alive: StoredEntry[] = [];
  for (const entry of account.entries) {
    const { slot } = entry.delivery.subscriber;
    if (entry.block === number && slot !== null) alive.push(entry);
  }
  for (let at = 0; at < alive.length;) {
    at = encoder.entries(alive, at, alive.length);
  }
}
