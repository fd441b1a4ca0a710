import type { Head } from "./blocks.ts";
import { newer } from "../base/newer.ts";
import { decodeOldHead } from "./old_schemas.ts";
import { RecordReader } from "../records/record_reader.ts";
import { RecordWriter } from "../records/record_writer.ts";
import { SCHEMA } from "../base/schema.ts";
import { StoreError } from "../base/store_error.ts";
import { sumOf } from "../base/sum.ts";
import { viewOf } from "../base/view_of.ts";

/*
 * The head as bytes:
 *
 *   1 byte   0; heads of schemas 1 and 2 begin with another number
 *   1 byte   schema
 *            numbers, as varints; a reader skips those that it does not know
 *   4 bytes  CRC-32 of all before, in little-endian order
 *
 * Later schemas keep the first two bytes and the last four: so an older version
 * can tell a newer head from a damaged one.
 */

/** Length of the sum. */
const SUM = 4;

/** The last head and its bytes: one commit writes it to journal and store. */
let last: { readonly head: Head; readonly bytes: Uint8Array } | null = null;

/** Encodes a head; the same head again gives the same bytes. */
export function encodeHead(head: Head): Uint8Array {
  if (last?.head !== head) last = { head, bytes: encode(head) };
  return last.bytes;
}

function encode(head: Head): Uint8Array {
  const record = new RecordWriter();
  record.uint8(0);
  record.uint8(SCHEMA);
  record.varint(head.first);
  // Plus 1: an empty log has a `last` below 1.
  record.varint(head.last + 1);
  record.varint(head.commit);
  record.varint(head.next);
  record.varint(head.time);
  record.varint(head.epoch);
  record.varint(head.sum);
  if (head.date !== undefined) {
    record.varint(head.date);
    record.varint(head.machine?.id ?? 0);
    record.varint(head.machine?.uptime ?? 0);
  }
  const { length } = record;
  const bytes = record.bytes.slice(0, length + SUM);
  new DataView(bytes.buffer).setUint32(
    length,
    sumOf(bytes, 0, length),
    true,
  );
  return bytes;
}

/**
 * Decodes a head of any schema up to the present one.
 *
 * @throws {StoreError} `corrupt` when the bytes are no head, `newer` when a
 * later version wrote them.
 */
export function decodeHead(bytes: Uint8Array): Head {
  if (bytes.length > 0 && bytes[0] !== 0) return decodeOldHead(bytes);
  const end = bytes.length - SUM;
  const view = viewOf(bytes);
  if (end < 2 || view.getUint32(end, true) !== sumOf(bytes, 0, end)) {
    throw new StoreError("corrupt", "the head of the store is damaged");
  }
  if (bytes[1] > SCHEMA) throw newer(bytes[1]);
  const record = new RecordReader();
  record.open(bytes, 2, end);
  const first = record.varint();
  const last = record.varint() - 1;
  const head = {
    first,
    last,
    commit: record.varint(),
    next: record.varint(),
    time: record.varint(),
    epoch: record.varint(),
    sum: record.varint(),
  };
  return record.more ? { ...head, ...readClocks(record) } : head;
}

/** Reads the clocks at the time of the head. */
function readClocks(record: RecordReader): Pick<Head, "date" | "machine"> {
  const date = record.varint();
  const id = record.varint();
  const uptime = record.varint();
  return { date, machine: id === 0 ? null : { id, uptime } };
}
