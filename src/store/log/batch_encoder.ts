import { broken } from "../../errors/mod.ts";
import type { Message } from "../../mqtt/mod.ts";
import { type BlockWriter, framed } from "../blocks/block_writer.ts";
import { writeEntry } from "../records/entry_record.ts";
import { Category, type Ledger } from "./ledger.ts";
import { writeMessage } from "../records/message_record.ts";
import { GONE, type Numbers } from "../notes/pending.ts";
import { RecordKind } from "../records/record_kind.ts";
import { RecordWriter } from "../records/record_writer.ts";
import { writeSession, writeSubscription } from "../records/session_record.ts";
import type {
  RetainedPlace,
  SessionSlot,
  StoredEntry,
  StoredSubscription,
} from "../model/state.ts";
import { StoredBody } from "../model/stored_body.ts";

/**
 * Length from which on a list of entries continues in the next record, in
 * bytes.
 */
const LIST_MAX = 16 * 1024;

/**
 * Encodes the state as records, and enters the block of each record in the
 * ledger. Flush and cleaning share it.
 */
export class BatchEncoder {
  readonly #writer: BlockWriter;
  readonly #ledger: Ledger;
  /** The counter of numbers for stored things. */
  readonly numbers: Numbers;
  /** That of `StoreTime`, ms. */
  readonly shift: number;
  readonly #record = new RecordWriter();
  #previous: StoredBody | null = null;
  /** Bodies written before the entries that will refer to them. */
  #ahead: StoredBody[] = [];
  /** Bodies on disk, the oldest first. */
  readonly bodies: Map<Message, StoredBody> = new Map();
  /** Sessions on disk. */
  sessions = 0;
  /** Number of the batch being encoded. */
  batch = 0;
  /** The store's time of the batch, in seconds. */
  seconds = 0;

  /** `shift` is that of `StoreTime`. */
  constructor(
    writer: BlockWriter,
    ledger: Ledger,
    numbers: Numbers,
    shift = 0,
  ) {
    this.shift = shift;
    this.#writer = writer;
    this.#ledger = ledger;
    this.numbers = numbers;
  }

  /** Writes the present state of a session. */
  session(slot: SessionSlot): void {
    const record = this.#record;
    const { session } = slot;
    record.clear();
    writeSession(record, slot.number, session, this.shift);
    const message = session.will?.message ?? null;
    const before = slot.block;
    slot.block = message === null
      ? this.#writer.put(RecordKind.Session, record)
      : this.#long(RecordKind.Session, message);
    if (before === 0) this.sessions++;
    else this.#ledger.died(before, Category.Session);
    const bytes = framed(record.length + (message?.payloadLength ?? 0));
    this.#ledger.wrote(slot.block, Category.Session, bytes, 1);
    this.#ledger.at(slot.block).slots.push(slot);
  }

  /** Writes a subscription of the session in `slot`. */
  subscription(slot: SessionSlot, subscription: StoredSubscription): void {
    const record = this.#record;
    const before = subscription.block;
    if (subscription.number === 0) subscription.number = this.numbers.next++;
    record.clear();
    writeSubscription(record, slot.number, subscription);
    const block = this.#writer.put(RecordKind.Subscription, record);
    subscription.block = block;
    if (before > 0) this.#ledger.died(before, Category.Session);
    this.#ledger.wrote(block, Category.Session, framed(record.length), 1);
    this.#ledger.at(block).subscriptions.push(subscription);
  }

  /**
   * Writes the entries of one message from `at` on, up to `end`, in one record;
   * returns where it stopped. Each entry must be live. New entries get numbers;
   * stored ones share a record while their numbers are consecutive.
   */
  entries(list: readonly StoredEntry[], at: number, end: number): number {
    const record = this.#record;
    const { message } = list[at];
    const body = message === null ? null : this.#bodyOf(message);
    const isNew = list[at].number === 0;
    let number = isNew ? this.numbers.next : list[at].number;
    record.clear();
    record.varint(body === null ? 0 : body.number);
    record.varint(number);
    let stop = at;
    do {
      const entry = list[stop];
      writeEntry(record, entry.delivery.subscriber.slot!.number, entry);
      stop++;
      number++;
    } while (
      stop < end && list[stop].message === message &&
      list[stop].number === (isNew ? 0 : number) && record.length < LIST_MAX
    );
    const block = this.#writer.put(RecordKind.Queued, record);
    if (isNew) this.numbers.next = number;
    number -= stop - at;
    const account = this.#ledger.at(block);
    for (let i = at; i < stop; i++) {
      const entry = list[i];
      if (entry.number === 0) entry.number = number + i - at;
      else this.#ledger.died(entry.block, Category.Entry);
      entry.block = block;
      entry.dirty = false;
      if (entry.body !== body) this.#hold(entry, body);
      account.entries.push(entry);
    }
    this.#ledger.wrote(block, Category.Entry, framed(record.length), stop - at);
    return stop;
  }

  /** Marks an entry on disk as dead, and releases its message. */
  entryGone(entry: StoredEntry): void {
    this.#ledger.died(entry.block, Category.Entry);
    entry.block = GONE;
    this.#hold(entry, null);
  }

  /** Writes a message again that entries still need. */
  body(body: StoredBody): void {
    this.#ledger.bodies -= body.bytes;
    this.#putBody(body);
  }

  /** Writes the body of `message` before any entry that refers to it. */
  bodyAhead(message: Message): void {
    const body = this.#bodyOf(message);
    if (body.holders === 0) this.#ahead.push(body);
  }

  /**
   * Drops the bodies written ahead whose entries ended before they were
   * written.
   */
  endAhead(): void {
    for (const body of this.#ahead) {
      if (body.holders > 0 || this.bodies.get(body.message) !== body) continue;
      this.#drop(body);
    }
    this.#ahead = [];
  }

  /**
   * Writes the received packet ids of a session: `all`, or those that changed.
   */
  received(slot: SessionSlot, all: boolean): void {
    const record = this.#record;
    const ids = slot.session.received;
    // Ids received and released within the batch leave nothing to write.
    if (ids.size === 0 && slot.receivedBlock === 0) return;
    record.clear();
    record.varint(slot.number);
    if (slot.receivedBatch !== this.batch) slot.receivedLeaving = null;
    slot.receivedBatch = this.batch;
    if (all || ids.size === 0) {
      for (const id of ids) record.varint(id);
      // Cleaning runs after the notes: then both sets are the same.
      if (ids.size === 0) slot.receivedLeaving = slot.receivedStored;
      slot.receivedStored = ids.size === 0 ? null : new Set(ids);
      all = true;
    } else if (!this.#touchedIds(slot)) return;
    const block = this.#writer.put(
      all ? RecordKind.ReceivedAll : RecordKind.Received,
      record,
    );
    const before = slot.receivedBlock;
    // A delta depends on the record that it changes; only that one counts.
    if (ids.size > 0 && before > 0 && !all) return;
    if (before > 0) this.#ledger.died(before, Category.Session);
    slot.receivedBlock = ids.size === 0 ? 0 : block;
    if (ids.size === 0) return;
    this.#ledger.wrote(block, Category.Session, framed(record.length), 1);
    this.#ledger.at(block).received.push(slot);
  }

  /**
   * Writes the retained message at `place`; `before` is the block of the
   * previous one.
   */
  retained(place: RetainedPlace, message: Message, before: number): void {
    const record = this.#record;
    if (before > 0) this.#ledger.placeDied(place, before);
    record.clear();
    writeMessage(record, message, this.shift);
    const block = this.#long(RecordKind.Retained, message);
    place.block = block;
    const bytes = framed(record.length + message.payloadLength);
    this.#ledger.placeWrote(place, block, bytes);
  }

  /** Writes that nothing is retained for `topicName`. */
  cleared(topicName: string): void {
    this.#record.clear();
    this.#record.text(topicName);
    this.#writer.put(RecordKind.Cleared, this.#record);
  }

  /** Writes that the things with these numbers have ended. */
  gone(kind: RecordKind, numbers: readonly number[]): void {
    const record = this.#record;
    let before = 0;
    record.clear();
    for (let i = 0; i < numbers.length; i++) {
      record.signed(numbers[i] - before);
      before = numbers[i];
      if (record.length < LIST_MAX) continue;
      this.#writer.put(kind, record);
      record.clear();
      before = 0;
    }
    if (record.length > 0) this.#writer.put(kind, record);
  }

  /** Puts the gathered record with the payload of `message` behind it. */
  #long(kind: RecordKind, message: Message): number {
    return this.#writer.putLong(
      kind,
      this.#record,
      message.bytes,
      message.payloadStart,
      message.payloadEnd,
    );
  }

  /** Returns the body of `message`, and writes it if it is not on disk. */
  #bodyOf(message: Message): StoredBody {
    // Most calls repeat the last message, which needs no look-up.
    const { bodies } = this;
    if (
      this.#previous !== null && this.#previous.message === message &&
      this.#previous.holders > 0
    ) return this.#previous;
    let body = bodies.get(message);
    if (body === undefined) {
      body = new StoredBody(this.numbers.next++, message, this.seconds);
      bodies.set(message, body);
      this.#putBody(body);
    }
    return this.#previous = body;
  }

  #putBody(body: StoredBody): void {
    const record = this.#record;
    const { message } = body;
    record.clear();
    record.varint(body.number);
    record.varint(body.storedAt);
    writeMessage(record, message, this.shift);
    body.block = this.#long(RecordKind.Body, message);
    body.bytes = framed(record.length + message.payloadLength);
    this.#ledger.bodies += body.bytes;
    this.#ledger.at(body.block).bodies.push(body);
  }

  /** Moves the entry from its previous body to `body`. */
  #hold(entry: StoredEntry, body: StoredBody | null): void {
    const before = entry.body;
    if (body !== null) body.holders++;
    entry.body = body;
    if (before === null) return;
    if (--before.holders === 0) this.#drop(before);
    else if (before.holders < 0) {
      before.holders = broken("stored-holders", before.holders);
    }
  }

  #drop(body: StoredBody): void {
    this.#ledger.bodies -= body.bytes;
    this.bodies.delete(body.message);
    if (this.#previous === body) this.#previous = null;
  }

  /**
   * Gathers the ids that differ from those on disk; returns whether there are
   * any.
   */
  #touchedIds(slot: SessionSlot): boolean {
    const stored = slot.receivedStored ??= new Set();
    const ids = slot.session.received;
    let any = false;
    for (const id of slot.touchedIds!) {
      const isIn = ids.has(id);
      if (isIn === stored.has(id)) continue;
      if (isIn) stored.add(id);
      else {
        stored.delete(id);
        (slot.receivedLeaving ??= new Set()).add(id);
      }
      this.#record.varint(id << 1 | (isIn ? 1 : 0));
      any = true;
    }
    return any;
  }
}
