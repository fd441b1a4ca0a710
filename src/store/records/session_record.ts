import type { QoS, SubscriptionOptions } from "../../mqtt/mod.ts";
import { type MessageReader, writeMessage } from "./message_record.ts";
import type { RecordReader } from "./record_reader.ts";
import type { RecordWriter } from "./record_writer.ts";
import type {
  PacketIdRange,
  StoredPacketIds,
  StoredSession,
  StoredSubscription,
  StoredWill,
} from "../model/state.ts";

const BRIDGE = 0x01;
const USERNAME = 0x02;
const WILL = 0x04;
const PACKET_IDS = 0x08;
/** The user name is unproved. Records of 0.1.0 lack the flag. */
const CLAIMED = 0x10;

const QOS = 0x03;
const NO_LOCAL = 0x04;
const RETAIN_AS_PUBLISHED = 0x08;
const RETAIN_HANDLING = 0x30;
const GROUP = 0x40;
const IDENTIFIER = 0x80;

const OPTIONS = QOS | NO_LOCAL | RETAIN_AS_PUBLISHED | RETAIN_HANDLING;

/**
 * Subscription Options without an identifier, by their flags: sessions share
 * them.
 */
const usual: SubscriptionOptions[] = [];

/** The fields of a session in its record. */
export interface SessionFields {
  readonly number: number;
  readonly clientId: string;
  readonly expiryInterval: number;
  readonly detachedAt: number;
  readonly username: string | null;
  readonly isClaimed: boolean;
  readonly bridge: boolean;
  readonly will: StoredWill | null;
  readonly packetIds: StoredPacketIds | null;
}

/** A subscription in the log. */
export interface LoggedSubscription {
  readonly number: number;
  /** Number of the session. */
  readonly session: number;
  /** Block in which its record begins. */
  readonly block: number;
  readonly filter: string;
  readonly group: string | null;
  readonly options: SubscriptionOptions;
}

/**
 * Writes a session; the payload of its will ends the record. `shift` is that of
 * `StoreTime`.
 */
export function writeSession(
  into: RecordWriter,
  number: number,
  session: StoredSession,
  shift: number,
): void {
  const { username, isClaimed = false } = session.identity;
  const { will, packetIds, detachedAt } = session;
  into.varint(number);
  into.uint8(
    (session.bridge ? BRIDGE : 0) | (username !== null ? USERNAME : 0) |
      (will !== null ? WILL : 0) | (packetIds !== null ? PACKET_IDS : 0) |
      (isClaimed ? CLAIMED : 0),
  );
  into.text(session.clientId);
  into.varint(session.expiryInterval);
  into.varint(detachedAt === 0 ? 0 : Math.max(1, detachedAt + shift));
  if (username !== null) into.text(username);
  if (packetIds !== null) writePacketIds(into, packetIds);
  if (will === null) return;
  into.varint(will.delay);
  into.varint(will.messageExpiry + 1);
  writeMessage(into, will.message, shift);
}

/** Reads what `writeSession` wrote. */
export function readSession(
  from: RecordReader,
  messages: MessageReader,
  shift: number,
): SessionFields {
  const number = from.varint();
  const flags = from.uint8();
  const clientId = from.text();
  const expiryInterval = from.varint();
  const storedAt = from.varint();
  // 0: the client was connected.
  const detachedAt = storedAt === 0 ? 0 : storedAt - shift || -1;
  const username = (flags & USERNAME) === 0 ? null : from.text();
  const packetIds = (flags & PACKET_IDS) === 0 ? null : readPacketIds(from);
  let will: StoredWill | null = null;
  if ((flags & WILL) !== 0) {
    const delay = from.varint();
    const messageExpiry = from.varint() - 1;
    will = { delay, messageExpiry, message: messages.read(from).keep() };
  }
  const bridge = (flags & BRIDGE) !== 0;
  const isClaimed = (flags & CLAIMED) !== 0;
  return {
    number,
    clientId,
    expiryInterval,
    detachedAt,
    username,
    isClaimed,
    bridge,
    will,
    packetIds,
  };
}

function writePacketIds(into: RecordWriter, ids: StoredPacketIds): void {
  into.varint(ids.next);
  into.varint(ids.reserved);
  into.varint(ids.barred.length);
  for (const { first, count } of ids.barred) {
    into.varint(first);
    into.varint(count);
  }
}

function readPacketIds(from: RecordReader): StoredPacketIds {
  const next = from.varint();
  const reserved = from.varint();
  const barred: PacketIdRange[] = [];
  for (let left = from.varint(); left > 0; left--) {
    barred.push({ first: from.varint(), count: from.varint() });
  }
  return { next, reserved, barred };
}

/** Writes a subscription of the session with the number `session`. */
export function writeSubscription(
  into: RecordWriter,
  session: number,
  subscription: StoredSubscription,
): void {
  const { share, options } = subscription;
  into.varint(subscription.number);
  into.varint(session);
  into.uint8(
    options.qos | (options.noLocal ? NO_LOCAL : 0) |
      (options.retainAsPublished ? RETAIN_AS_PUBLISHED : 0) |
      options.retainHandling << 4 | (share !== null ? GROUP : 0) |
      (options.identifier !== 0 ? IDENTIFIER : 0),
  );
  into.text(subscription.filter);
  if (share !== null) into.text(share);
  if (options.identifier !== 0) into.varint(options.identifier);
}

/** Reads what `writeSubscription` wrote. */
export function readSubscription(
  from: RecordReader,
  block: number,
): LoggedSubscription {
  const number = from.varint();
  const session = from.varint();
  const flags = from.uint8();
  const filter = from.text();
  const group = (flags & GROUP) === 0 ? null : from.text();
  const identifier = (flags & IDENTIFIER) === 0 ? 0 : from.varint();
  return {
    number,
    session,
    block,
    filter,
    group,
    options: identifier === 0
      ? usual[flags & OPTIONS] ??= optionsOf(flags, 0)
      : optionsOf(flags, identifier),
  };
}

function optionsOf(flags: number, identifier: number): SubscriptionOptions {
  return {
    qos: (flags & QOS) as QoS,
    noLocal: (flags & NO_LOCAL) !== 0,
    retainAsPublished: (flags & RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: (flags & RETAIN_HANDLING) >> 4 as 0 | 1 | 2,
    identifier,
  };
}
