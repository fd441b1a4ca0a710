import { NoteList } from "./note_list.ts";
import {
  type RetainedPlace,
  type RetainedSource,
  SessionSlot,
  type StoredEntry,
  type StoredSession,
  type StoredSubscription,
} from "../model/state.ts";
import type { Changes } from "../model/store.ts";

/** The block of a thing that has ended and is not on disk. */
export const GONE = -1;

/** Notes that make a batch full: some MB of usual messages. */
const FULL = 8192;

/** Noted packet ids of one session from which on duplicates are dropped. */
const MOST_TOUCHED = 131_072;

/** Learns when there is something to write. */
export interface Waker {
  /** The first note of a batch was taken. */
  begun(): void;
  /** There are enough notes for a batch. */
  full(): void;
  /** The notes exceed `Pending.limit` bytes: there may be no room for them. */
  heavy(): void;
}

/** The counter of numbers for stored things. */
export interface Numbers {
  /** The next one; above 0. */
  next: number;
}

/**
 * The notes of the present batch. They only name what has changed; the flush
 * reads the objects later.
 */
export class Pending implements Changes {
  readonly #numbers: Numbers;
  readonly #waker: Waker;
  /** Number of notes that may need writing. */
  count = 0;
  /** Bytes of the noted messages, or more: ended ones are included. */
  bytes = 0;
  /** Bytes from which on the waker is called. */
  limit = Infinity;
  /** Reads what is retained at a place. */
  source: RetainedSource | null = null;
  readonly slots: NoteList<SessionSlot> = new NoteList((slot) => slot.ended);
  ended: SessionSlot[] = [];
  readonly subscriptions: NoteList<StoredSubscription> = new NoteList(
    ({ block, subscriber }) => block === GONE || subscriber.slot === null,
  );
  unsubscriptions: StoredSubscription[] = [];
  readonly entries: NoteList<StoredEntry> = new NoteList(
    (entry) => entry.block === GONE,
  );
  changes: StoredEntry[] = [];
  dones: StoredEntry[] = [];
  readonly receivers: NoteList<SessionSlot> = new NoteList(
    (slot) => slot.ended,
  );
  readonly places: NoteList<RetainedPlace> = new NoteList(
    // Nothing is retained there, and nothing is on disk.
    (place) => place.block === -1 && this.source?.messageAt(place) === null,
    // The next message of the place is a new note.
    (place) => place.block = 0,
  );

  constructor(numbers: Numbers, waker: Waker) {
    this.#numbers = numbers;
    this.#waker = waker;
  }

  sessionChanged(session: StoredSession): void {
    const slot = session.slot ??= new SessionSlot(
      this.#numbers.next++,
      session,
    );
    if (slot.dirty) return;
    slot.dirty = true;
    this.slots.add(slot);
    this.#noted();
  }

  sessionEnded(session: StoredSession): void {
    const { slot } = session;
    if (slot === null) return;
    session.slot = null;
    slot.ended = true;
    // A session that was never written needs no end.
    if (slot.block === 0) return;
    this.ended.push(slot);
    this.#noted();
  }

  subscribed(subscription: StoredSubscription): void {
    if (subscription.subscriber.slot === null) return;
    this.subscriptions.add(subscription);
    this.#noted();
  }

  unsubscribed(subscription: StoredSubscription): void {
    if (subscription.number === 0) {
      subscription.block = GONE;
      return;
    }
    this.unsubscriptions.push(subscription);
    this.#noted();
  }

  queued(entry: StoredEntry): void {
    if (entry.delivery.subscriber.slot === null) return;
    // Tells `done` that the entry is noted.
    entry.dirty = true;
    this.entries.add(entry);
    this.bytes += entry.message!.size;
    this.#noted();
    if (this.bytes > this.limit) this.#waker.heavy();
  }

  changed(entry: StoredEntry): void {
    // A new entry is written later, in its state of then.
    if (entry.number === 0 || entry.dirty) return;
    entry.dirty = true;
    this.changes.push(entry);
    this.#noted();
  }

  done(entry: StoredEntry): void {
    if (entry.number === 0) {
      // An entry that ends before it was written cost its place in the list
      // only.
      if (entry.dirty && this.count > 1) this.count--;
      entry.dirty = false;
      entry.block = GONE;
      return;
    }
    this.dones.push(entry);
    this.#noted();
  }

  received(session: StoredSession, packetId: number): void {
    const { slot } = session;
    if (slot === null) return;
    if (slot.touchedIds === null) {
      slot.touchedIds = [];
      this.receivers.add(slot);
    } else if (slot.touchedIds.length === MOST_TOUCHED) {
      slot.touchedIds = [...new Set(slot.touchedIds)];
    }
    slot.touchedIds.push(packetId);
    this.#noted();
  }

  retained(place: RetainedPlace, size = 0): void {
    this.bytes += size;
    if (place.block >= 0) {
      place.block = -1 - place.block;
      this.places.add(place);
      this.#noted();
    }
    if (this.bytes > this.limit) this.#waker.heavy();
  }

  /** Whether there are enough notes for a batch. */
  get isFull(): boolean {
    return this.count >= FULL;
  }

  /** Number of notes, about: some may no longer need writing. */
  get size(): number {
    return this.slots.notes.length + this.ended.length +
      this.subscriptions.notes.length + this.unsubscriptions.length +
      this.entries.notes.length + this.changes.length + this.dones.length +
      this.receivers.notes.length + this.places.notes.length;
  }

  /** Forgets all notes after they were written. */
  clear(): void {
    this.count = this.bytes = 0;
    this.slots.clear();
    this.ended = [];
    this.subscriptions.clear();
    this.unsubscriptions = [];
    this.entries.clear();
    this.changes = [];
    this.dones = [];
    this.receivers.clear();
    this.places.clear();
  }

  #noted(): void {
    const count = ++this.count;
    if (count === 1) this.#waker.begun();
    else if (count === FULL) this.#waker.full();
  }
}
