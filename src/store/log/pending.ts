import { NoteList } from "../base/note_list.ts";
import {
  type RetainedPlace,
  type RetainedSource,
  SessionSlot,
  type StoredEntry,
  type StoredSession,
  type StoredSubscription,
} from "../model/state.ts";
import type { Changes } from "../model/store.ts";

/** The block of something that is over and was never or is no more on disk. */
export const GONE = -1;

/** Notes that make a batch full: some MB of usual messages. */
const FULL = 8192;

/** Received ids noted of one session before those named twice are dropped. */
const MOST_TOUCHED = 131_072;

/** Is told when there is something to write. */
export interface Waker {
  /** The first note since the last batch. */
  begun(): void;
  /** So many notes that it should be written now. */
  full(): void;
  /** More bytes than `Pending.limit`: there may not be room for them. */
  heavy(): void;
}

/** Gives each stored thing its number. */
export interface Numbers {
  /** The next one; above 0. */
  next: number;
}

/**
 * The notes of the batch that is gathered. They only list what changed; the
 * flush reads the objects as they are by then.
 */
export class Pending implements Changes {
  readonly #numbers: Numbers;
  readonly #waker: Waker;
  /** Notes of what may have to be written. */
  count = 0;
  /** Bytes of the messages noted, or more: what is over by now is counted. */
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
    // Nothing is retained there, and the disk knows of nothing.
    (place) => place.block === -1 && this.source?.messageAt(place) === null,
    // Its next message has to be noted anew.
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
    // When it was never written, nothing has to be undone.
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
    // So that `done` knows whether it is one of those that were noted.
    entry.dirty = true;
    this.entries.add(entry);
    this.bytes += entry.message!.size;
    this.#noted();
    if (this.bytes > this.limit) this.#waker.heavy();
  }

  changed(entry: StoredEntry): void {
    // One that is not written yet is going to be, as it is then.
    if (entry.number === 0 || entry.dirty) return;
    entry.dirty = true;
    this.changes.push(entry);
    this.#noted();
  }

  done(entry: StoredEntry): void {
    if (entry.number === 0) {
      // Undone before it was written: all it cost is its place in a list.
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

  /** Whether there is enough for a batch. */
  get isFull(): boolean {
    return this.count >= FULL;
  }

  /** Things noted and not written, about: some of them may be over. */
  get size(): number {
    return this.slots.notes.length + this.ended.length +
      this.subscriptions.notes.length + this.unsubscriptions.length +
      this.entries.notes.length + this.changes.length + this.dones.length +
      this.receivers.notes.length + this.places.notes.length;
  }

  /** Forgets all notes: they have been written. */
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
