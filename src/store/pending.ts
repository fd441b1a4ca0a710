import { SessionSlot } from "./session_slot.ts";
import type {
  RetainedPlace,
  StoredEntry,
  StoredSession,
  StoredSubscription,
} from "./state.ts";
import type { Changes } from "./store.ts";

/** The block of something that is over and was never or is no more on disk. */
export const GONE = -1;

/** Notes that make a batch full: some MB of usual messages. */
const FULL = 8192;

/** Is told when there is something to write. */
export interface Waker {
  /** The first note since the last batch. */
  begun(): void;
  /** So many notes that it should be written now. */
  full(): void;
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
  /** Entries listed before those that are over are taken off the list. */
  #sieve = FULL;
  /** Notes of what may have to be written. */
  count = 0;
  slots: SessionSlot[] = [];
  ended: SessionSlot[] = [];
  subscriptions: StoredSubscription[] = [];
  unsubscriptions: StoredSubscription[] = [];
  entries: StoredEntry[] = [];
  changes: StoredEntry[] = [];
  dones: StoredEntry[] = [];
  receivers: SessionSlot[] = [];
  places: RetainedPlace[] = [];

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
    this.slots.push(slot);
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
    this.subscriptions.push(subscription);
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
    if (this.entries.push(entry) === this.#sieve) this.#sift();
    this.#noted();
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
      if (entry.block !== GONE && this.count > 1) this.count--;
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
      this.receivers.push(slot);
    }
    slot.touchedIds.push(packetId);
    this.#noted();
  }

  retained(place: RetainedPlace): void {
    if (place.block < 0) return;
    place.block = -1 - place.block;
    this.places.push(place);
    this.#noted();
  }

  /** Whether there is enough for a batch. */
  get isFull(): boolean {
    return this.count >= FULL;
  }

  /** Forgets all notes: they have been written. */
  clear(): void {
    this.count = 0;
    this.#sieve = FULL;
    this.slots = [];
    this.ended = [];
    this.subscriptions = [];
    this.unsubscriptions = [];
    this.entries = [];
    this.changes = [];
    this.dones = [];
    this.receivers = [];
    this.places = [];
  }

  /** Lets go of entries that are over, or they would live until the flush. */
  #sift(): void {
    this.entries = this.entries.filter((entry) => entry.block !== GONE);
    this.#sieve = Math.max(FULL, this.entries.length * 2);
  }

  #noted(): void {
    const count = ++this.count;
    if (count === 1) this.#waker.begun();
    else if (count === FULL) this.#waker.full();
  }
}
