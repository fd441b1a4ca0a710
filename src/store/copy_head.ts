import type { Head } from "./blocks.ts";
import { decodeHead, encodeHead } from "./head_record.ts";
import { SCHEMA } from "./kv_blocks.ts";
import { newer } from "./migration.ts";
import { StoreError } from "./store_error.ts";
import { xxhash32 } from "./xxhash32.ts";

/*
 * What a journal or a snapshot begins with:
 *
 *   4 bytes  mark; read as the length of a frame it would be too long for one
 *   2 bytes  schema of the blocks that follow
 *   2 bytes  length of the head
 *   4 bytes  xxHash32 of all the rest of this
 *            the head: of a journal, what its first commit comes after; of a
 *            snapshot, what it is a copy of
 *
 * Copies written before this was introduced begin with their first frame.
 */

const MARK = 0xfe6a6e64;

/** Bytes before the head. */
export const COPY_HEADER = 12;

/** The beginning of a copy that goes on from `head`. */
export function encodeCopyHead(head: Head): Uint8Array {
  const content = encodeHead(head);
  const bytes = new Uint8Array(COPY_HEADER + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MARK, true);
  view.setUint16(4, SCHEMA, true);
  view.setUint16(6, content.length, true);
  bytes.set(content, COPY_HEADER);
  view.setUint32(8, sumOf(bytes), true);
  return bytes;
}

/** Whether a copy that begins like this has a head. */
export function hasCopyHead(start: Uint8Array): boolean {
  return viewOf(start).getUint32(0, true) === MARK;
}

/** Length of the head that follows `start`. */
export function copyHeadLength(start: Uint8Array): number {
  return viewOf(start).getUint16(6, true);
}

/**
 * The head in `bytes`, the whole beginning of the copy `path`; null when it is
 * damaged.
 *
 * @throws {StoreError} `newer` when a later version wrote it.
 */
export function decodeCopyHead(bytes: Uint8Array, path: string): Head | null {
  const view = viewOf(bytes);
  if (view.getUint32(8, true) !== sumOf(bytes)) return null;
  const schema = view.getUint16(4, true);
  if (schema > SCHEMA) throw newer(schema, path);
  try {
    return decodeHead(bytes.subarray(COPY_HEADER));
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

/** Schema and length belong to what is summed, the sum itself does not. */
function sumOf(bytes: Uint8Array): number {
  const seed = viewOf(bytes).getUint32(4, true);
  return xxhash32(bytes, COPY_HEADER, bytes.length, seed | 0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
