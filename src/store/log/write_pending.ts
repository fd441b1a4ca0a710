import type { BatchEncoder } from "./batch_encoder.ts";
import { Category, type Ledger } from "./ledger.ts";
import { without } from "../notes/note_list.ts";
import { GONE, type Pending } from "../notes/pending.ts";
import { RecordKind } from "../records/record_kind.ts";
import type {
  RetainedPlace,
  RetainedSource,
  StoredEntry,
} from "../model/state.ts";

/**
 * Writes all notes in their present state, and forgets them. Ends come first,
 * so that no record is written only to be undone by the next one.
 */
export function writePending(
  pending: Pending,
  encoder: BatchEncoder,
  ledger: Ledger,
  retained: RetainedSource,
): void {
  writeSessions(pending, encoder, ledger);
  writeSubscriptions(pending, encoder, ledger);
  writeDones(pending.dones, encoder);
  writeEntries(without(pending.entries.notes, isNotNew), encoder);
  writeEntries(without(pending.changes, isUnchanged), encoder);
  for (const slot of pending.receivers.notes) {
    // Written by an earlier try of this batch.
    if (slot.touchedIds === null) continue;
    if (!slot.ended) encoder.received(slot, false);
    slot.touchedIds = null;
  }
  for (const place of pending.places.notes) {
    writePlace(place, encoder, ledger, retained);
  }
  pending.clear();
}

/** Writes what is retained at `place`, unless that was done since the note. */
export function writePlace(
  place: RetainedPlace,
  encoder: BatchEncoder,
  ledger: Ledger,
  retained: RetainedSource,
): void {
  // A noted place has a negative block.
  if (place.block >= 0) return;
  const before = -1 - place.block;
  const message = retained.messageAt(place);
  place.block = 0;
  if (message !== null) encoder.retained(place, message, before);
  else if (before > 0) {
    ledger.placeDied(place, before);
    encoder.cleared(retained.topicOf(place));
  }
}

function writeSessions(
  pending: Pending,
  encoder: BatchEncoder,
  ledger: Ledger,
): void {
  const numbers: number[] = [];
  for (const slot of pending.ended) {
    numbers.push(slot.number);
    ledger.died(slot.block, Category.Session);
    if (slot.receivedBlock > 0) {
      ledger.died(slot.receivedBlock, Category.Session);
    }
  }
  encoder.sessions -= numbers.length;
  encoder.gone(RecordKind.Ended, numbers);
  // A retry after a failure must not write them again.
  pending.ended = [];
  for (const slot of pending.slots.notes) {
    slot.dirty = false;
    if (!slot.ended) encoder.session(slot);
  }
}

function writeSubscriptions(
  pending: Pending,
  encoder: BatchEncoder,
  ledger: Ledger,
): void {
  const numbers: number[] = [];
  for (const subscription of pending.unsubscriptions) {
    ledger.died(subscription.block, Category.Session);
    subscription.block = GONE;
    // The end of a session ended its subscriptions.
    if (subscription.subscriber.slot !== null) {
      numbers.push(subscription.number);
    }
  }
  encoder.gone(RecordKind.Unsubscribed, numbers);
  pending.unsubscriptions = [];
  for (const subscription of pending.subscriptions.notes) {
    const { slot } = subscription.subscriber;
    if (subscription.block === GONE || slot === null) continue;
    encoder.subscription(slot, subscription);
  }
}

function writeDones(
  dones: readonly StoredEntry[],
  encoder: BatchEncoder,
): void {
  const numbers: number[] = [];
  for (const entry of dones) {
    if (entry.block === GONE) continue;
    if (entry.delivery.subscriber.slot !== null) numbers.push(entry.number);
    encoder.entryGone(entry);
  }
  encoder.gone(RecordKind.Done, numbers);
}

function writeEntries(
  entries: readonly StoredEntry[],
  encoder: BatchEncoder,
): void {
  for (let at = 0; at < entries.length;) {
    at = encoder.entries(entries, at, entries.length);
  }
}

function isNotNew(entry: StoredEntry): boolean {
  return entry.number !== 0 || isOver(entry);
}

function isUnchanged(entry: StoredEntry): boolean {
  return !entry.dirty || isOver(entry);
}

function isOver(entry: StoredEntry): boolean {
  return entry.block === GONE || entry.delivery.subscriber.slot === null;
}
