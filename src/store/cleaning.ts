import type { BatchEncoder } from "./batch_encoder.ts";
import type { BlockWriter } from "./block_writer.ts";
import type { BlockAccount, Ledger } from "./ledger.ts";
import type { RetainedSource, StoredEntry } from "./state.ts";

/** Bytes written again in one batch, unless one record alone is longer. */
const WORK = 1024 * 1024;

/** Blocks let go in one batch: as many as one atomic of the disk takes. */
const BLOCKS = 512;

/** The slack where space is tight: about a block. */
const TIGHT_SLACK = 64 * 1024;

/**
 * Whether less than half of what is stored is live, beyond `slack` bytes that
 * are not worth the work. Where space is tight, all that can be had is.
 */
export function wantsCleaning(
  ledger: Ledger,
  slack: number,
  isTight: boolean,
): boolean {
  return isTight
    ? ledger.stored > 1.1 * ledger.live + TIGHT_SLACK
    : ledger.stored > 2 * ledger.live + slack;
}

/**
 * Clears the oldest blocks while that is needed: what lives there is written
 * again at the log's end, through `writer`. `before` is the first block of the
 * batch: it is not to be cleared before it was written.
 *
 * It goes strictly from the oldest on. So a record that says that something is
 * over is needed no more once its block is the oldest: there is nothing left
 * before it that it would speak of.
 */
export function clean(
  ledger: Ledger,
  encoder: BatchEncoder,
  retained: RetainedSource,
  writer: BlockWriter,
  before: number,
  slack: number,
  isTight: boolean,
): void {
  const start = writer.bytes;
  for (let blocks = 0; blocks < BLOCKS; blocks++) {
    if (!wantsCleaning(ledger, slack, isTight) || ledger.first >= before) {
      return;
    }
    if (writer.bytes - start > WORK) return;
    clearOldest(ledger, encoder, retained);
  }
}

/** Writes again what lives in the oldest block, and drops the block. */
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
