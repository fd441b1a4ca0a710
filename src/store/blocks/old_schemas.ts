import { BLOCK_HEADER, sealBlock } from "./block.ts";
import type { Head } from "./blocks.ts";
import { RecordReader } from "../records/record_reader.ts";
import { StoreError } from "../base/store_error.ts";
import { xxhash32 } from "../base/xxhash32.ts";

/** Length of the header of a block, by schema. */
const HEADERS = [0, 4, 8] as const;

/**
 * Returns a block of schema 1 or 2 as one of the present schema. The sum of the
 * previous block stays unknown, so every copy of the block is the same.
 *
 * @throws {StoreError} `corrupt` when its sum is wrong; schema 1 had none.
 */
export function convertBlock(
  old: Uint8Array,
  number: number,
  schema: number,
): Uint8Array {
  const header = HEADERS[schema];
  const view = new DataView(old.buffer, old.byteOffset, old.byteLength);
  const carried = old.length < header ? -1 : view.getUint32(header - 4, true);
  const isRight = schema === 1 ||
    carried >= 0 &&
      view.getUint32(0, true) === xxhash32(old, 4, old.length, number | 0);
  if (!isRight || carried < 0 || carried > old.length - header) {
    throw new StoreError("corrupt", `block ${number} is damaged`);
  }
  const bytes = new Uint8Array(old.length - header + BLOCK_HEADER);
  bytes.set(old.subarray(header), BLOCK_HEADER);
  sealBlock(bytes, number, carried, 0);
  return bytes;
}

/**
 * Throws `StoreError` `corrupt` when the bytes are no head of schema 1 or 2.
 */
export function decodeOldHead(bytes: Uint8Array): Head {
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
    epoch: 0,
    sum: 0,
  };
  const sum = xxhash32(bytes, 0, record.at);
  if (record.varint() !== sum || record.more) {
    throw new StoreError("corrupt", "the head of the store is damaged");
  }
  return head;
}
