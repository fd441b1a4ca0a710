import type { Head } from "./blocks.ts";
import { RecordReader } from "./record_reader.ts";
import { RecordWriter } from "./record_writer.ts";
import { StoreError } from "./store_error.ts";
import { xxhash32 } from "./xxhash32.ts";

/** The head as bytes: its five numbers and a sum over them. */
export function encodeHead(head: Head): Uint8Array {
  const record = new RecordWriter();
  record.varint(head.first);
  // One more, as an empty log ends before it begins.
  record.varint(head.last + 1);
  record.varint(head.commit);
  record.varint(head.next);
  record.varint(head.time);
  record.varint(xxhash32(record.bytes, 0, record.length));
  return record.bytes.slice(0, record.length);
}

/** Throws `StoreError` `corrupt` when the bytes are no head. */
export function decodeHead(bytes: Uint8Array): Head {
  const record = new RecordReader();
  record.open(bytes, 0, bytes.length);
  const first = record.varint();
  const last = record.varint() - 1;
  const head: Head = {
    first,
    last,
    commit: record.varint(),
    next: record.varint(),
    time: record.varint(),
  };
  const sum = xxhash32(bytes, 0, record.at);
  if (record.varint() !== sum || record.more) {
    throw new StoreError("corrupt", "the head of the store is damaged");
  }
  return head;
}
