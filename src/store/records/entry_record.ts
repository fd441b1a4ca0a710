import type { Message, QoS } from "../../mqtt/mod.ts";
import type { RecordReader } from "./record_reader.ts";
import type { RecordWriter } from "./record_writer.ts";
import type { StoredDelivery, StoredEntry } from "../model/state.ts";

const QOS = 0x03;
const RETAIN = 0x04;
const PACKET_ID = 0x08;
const IDENTIFIERS = 0x10;
const GROUP = 0x20;

/** An entry in the log; the entry is restored from it. */
export interface LoggedEntry {
  readonly number: number;
  /** Number of the session. */
  readonly session: number;
  /** Number of the body; 0 after PUBREC. */
  readonly body: number;
  /** Block in which its record begins. */
  readonly block: number;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly packetId: number;
  readonly identifiers: StoredDelivery["identifiers"];
  readonly group: StoredDelivery["group"];
  /** Null until its body is known. */
  message: Message | null;
}

/**
 * Writes an entry of the session with the number `session` in some three bytes:
 * one message may wait for very many sessions. The entry's number follows from
 * its position in the record.
 */
export function writeEntry(
  into: RecordWriter,
  session: number,
  entry: StoredEntry,
): void {
  const { packetId, delivery } = entry;
  const { identifiers, group } = delivery;
  into.uint8(
    entry.qos | (entry.retain ? RETAIN : 0) |
      (packetId !== 0 ? PACKET_ID : 0) |
      (identifiers !== null ? IDENTIFIERS : 0) |
      (group !== null ? GROUP : 0),
  );
  into.varint(session);
  if (packetId !== 0) into.varint(packetId);
  if (identifiers !== null) {
    into.varint(identifiers.length);
    for (let i = 0; i < identifiers.length; i++) into.varint(identifiers[i]);
  }
  if (group !== null) {
    into.text(group.name);
    into.text(group.filter);
  }
}

/** Skips an entry. */
export function skipEntry(from: RecordReader): void {
  const flags = from.uint8();
  from.varint();
  if ((flags & PACKET_ID) !== 0) from.varint();
  if ((flags & IDENTIFIERS) !== 0) {
    for (let left = from.varint(); left > 0; left--) from.varint();
  }
  if ((flags & GROUP) === 0) return;
  from.skip();
  from.skip();
}

/** Reads an entry of `writeEntry`; the caller knows the other fields. */
export function readEntry(
  from: RecordReader,
  number: number,
  body: number,
  block: number,
): LoggedEntry {
  const flags = from.uint8();
  const session = from.varint();
  const packetId = (flags & PACKET_ID) === 0 ? 0 : from.varint();
  let identifiers: number[] | null = null;
  if ((flags & IDENTIFIERS) !== 0) {
    identifiers = [];
    for (let left = from.varint(); left > 0; left--) {
      identifiers.push(from.varint());
    }
  }
  const group = (flags & GROUP) === 0
    ? null
    : { name: from.text(), filter: from.text() };
  return {
    number,
    session,
    body,
    block,
    qos: (flags & QOS) as QoS,
    retain: (flags & RETAIN) !== 0,
    packetId,
    identifiers,
    group,
    message: null,
  };
}
