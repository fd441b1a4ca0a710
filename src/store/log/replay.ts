import type { Message } from "../../mqtt/mod.ts";
import {
  type LoggedEntry,
  readEntry,
  skipEntry,
} from "../records/entry_record.ts";
import { GatheredRecords } from "../records/gathered_records.ts";
import { type BlockAccount, Category, type Ledger } from "./ledger.ts";
import { MessageReader } from "../records/message_record.ts";
import { NumberTable } from "../base/number_table.ts";
import { RecordKind } from "../records/record_kind.ts";
import type { RecordReader } from "../records/record_reader.ts";
import {
  type LoggedSubscription,
  readSession,
  readSubscription,
  type SessionFields,
} from "../records/session_record.ts";
import type { RetainedPlace } from "../model/state.ts";
import type { Restorer } from "../model/store.ts";
import { StoreError } from "../base/store_error.ts";
import { StoredBody } from "../model/stored_body.ts";

/** A session as far as the log has been read. */
export interface LoggedSession {
  fields: SessionFields;
  block: number;
}

/** The received packet ids of a session as far as the log has been read. */
export interface LoggedIds {
  readonly ids: Set<number>;
  block: number;
}

/**
 * Replays the log from its beginning; later records override earlier ones.
 * Retained messages go to the state at once: their place shows which record is
 * the latest. The rest is gathered by number until the end of the log.
 */
export class Replay {
  readonly #ledger: Ledger;
  readonly #into: Restorer;
  readonly #shift: number;
  readonly #messages: MessageReader;
  /** Sessions by number, in the order of their beginning. */
  readonly sessions: Map<number, LoggedSession> = new Map();
  /**
   * Received ids by session number. The record of the session may come later:
   * cleaning moves each record by itself.
   */
  readonly received: Map<number, LoggedIds> = new Map();
  readonly #subscriptions = new GatheredRecords();
  readonly #entries = new GatheredRecords();
  /** Bodies by number. */
  readonly bodies: NumberTable<StoredBody> = new NumberTable();
  /** Retained messages. */
  retained = 0;
  /** The greatest number in the log. */
  greatest = 0;

  /** `shift` is that of `StoreTime`. */
  constructor(ledger: Ledger, into: Restorer, shift = 0) {
    this.#shift = shift;
    this.#messages = new MessageReader(shift);
    this.#ledger = ledger;
    this.#into = into;
  }

  /** Takes the next record. Throws `StoreError` `corrupt`. */
  record(
    kind: number,
    record: RecordReader,
    block: number,
    bytes: number,
  ): void {
    switch (kind) {
      case RecordKind.Retained:
        return this.#retain(this.#messages.readOnce(record), block, bytes);
      case RecordKind.Queued:
        return this.#queued(record, block, bytes);
      case RecordKind.Body:
        return this.#body(record, block, bytes);
      case RecordKind.Subscription:
        return this.#subscribed(record, block, bytes);
      case RecordKind.Session:
        return this.#session(
          readSession(record, this.#messages, this.#shift),
          block,
          bytes,
        );
      case RecordKind.Done:
        return gone(record, this.#entries);
      case RecordKind.Unsubscribed:
        return gone(record, this.#subscriptions);
      case RecordKind.Ended:
        return gone(record, this.sessions);
      case RecordKind.Received:
      case RecordKind.ReceivedAll:
        return this.#received(kind, record, block, bytes);
      case RecordKind.Cleared:
        return this.#clear(record.text());
      default:
        throw new StoreError("corrupt", `unknown record kind ${kind}`);
    }
  }

  /** Yields and removes the subscriptions, in the order of their beginning. */
  *subscriptions(): Generator<LoggedSubscription> {
    for (const record of this.#subscriptions.drain()) {
      const block = record.varint();
      yield readSubscription(record, block);
    }
  }

  /** Yields and removes the entries, in the order of queueing. */
  *entries(): Generator<LoggedEntry> {
    for (const record of this.#entries.drain()) {
      const number = record.varint();
      const body = record.varint();
      const block = record.varint();
      yield readEntry(record, number, body, block);
    }
  }

  #account(block: number, as: Category, bytes: number, count: number): void {
    const account: BlockAccount = this.#ledger.at(block);
    account.bytes[as] += bytes;
    account.written[as] += count;
  }

  #session(fields: SessionFields, block: number, bytes: number): void {
    const { number } = fields;
    this.#number(number);
    this.#account(block, Category.Session, bytes, 1);
    const known = this.sessions.get(number);
    if (known !== undefined) {
      known.fields = fields;
      known.block = block;
      return;
    }
    this.sessions.set(number, { fields, block });
  }

  #subscribed(record: RecordReader, block: number, bytes: number): void {
    const start = record.at;
    const number = record.varint();
    this.#number(number);
    this.#account(block, Category.Session, bytes, 1);
    const into = this.#subscriptions.add(number);
    into.varint(block);
    into.part(record.bytes, start, record.end);
  }

  #body(record: RecordReader, block: number, bytes: number): void {
    const number = record.varint();
    this.#number(number);
    const storedAt = record.varint();
    const message: Message = this.#messages.read(record).keep();
    const known = this.bodies.get(number);
    const body = known ?? new StoredBody(number, message, storedAt);
    body.block = block;
    body.bytes = bytes;
    if (known === undefined) this.bodies.set(number, body);
  }

  #queued(record: RecordReader, block: number, bytes: number): void {
    const body = record.varint();
    const first = record.varint();
    let number = first;
    while (record.more) {
      const start = record.at;
      skipEntry(record);
      const into = this.#entries.add(number);
      into.varint(number);
      into.varint(body);
      into.varint(block);
      into.part(record.bytes, start, record.at);
      number++;
    }
    this.#number(number);
    this.#account(block, Category.Entry, bytes, number - first);
  }

  #received(
    kind: number,
    record: RecordReader,
    block: number,
    bytes: number,
  ): void {
    const number = record.varint();
    let held = this.received.get(number);
    if (held === undefined) {
      held = { ids: new Set(), block: 0 };
      this.received.set(number, held);
    }
    const { ids } = held;
    const all = kind === RecordKind.ReceivedAll;
    if (all) ids.clear();
    while (record.more) {
      const value = record.varint();
      if (all) ids.add(value);
      else if ((value & 1) !== 0) ids.add(value >> 1);
      else ids.delete(value >> 1);
    }
    if (ids.size === 0) held.block = 0;
    else if (all || held.block === 0) {
      held.block = block;
      this.#account(block, Category.Session, bytes, 1);
    }
  }

  #retain(message: Message, block: number, bytes: number): void {
    const place = this.#into.retained(message);
    this.#release(place);
    place.block = block;
    this.retained++;
    this.#ledger.placeWrote(place, block, bytes);
  }

  #clear(topicName: string): void {
    const place = this.#into.retainedRemoved(topicName);
    if (place !== null) this.#release(place);
  }

  #release(place: RetainedPlace): void {
    if (place.block === 0) return;
    this.#ledger.placeDied(place, place.block);
    place.block = 0;
    this.retained--;
  }

  #number(number: number): void {
    if (number > this.greatest) this.greatest = number;
  }
}

/** Removes all things that the record names. */
function gone(
  record: RecordReader,
  things: { delete(number: number): void },
): void {
  let number = 0;
  while (record.more) {
    number += record.signed();
    things.delete(number);
  }
}
