import type { Head } from "../blocks/blocks.ts";
import { decodeHead, encodeHead } from "../blocks/head_record.ts";
import { newer } from "../base/newer.ts";
import { SCHEMA } from "../base/schema.ts";
import { isCorrupt } from "../base/store_error.ts";
import { sumOf } from "../base/sum.ts";
import { xxhash32 } from "../base/xxhash32.ts";
import { viewOf } from "../base/view_of.ts";

/*
 * The beginning of a journal or a snapshot:
 *
 *   offset 0  4 bytes  mark; as the length of a frame it would be too long
 *          4  2 bytes  schema of the blocks that follow
 *          6  2 bytes  length of the head
 *          8  4 bytes  sum of all but the mark and itself
 *         12           the head: of a journal, the one before its first commit;
 *                      of a snapshot, the one that it is a copy of
 *
 * Zeros fill it up to 128 bytes, so that the first frame can be found behind a
 * damaged beginning. Schema 2 had no zeros, and earlier copies had no head.
 */

const MARK = 0xfe6a6e64;

/** Bytes before the head. */
const HEADER = 12;

/** Bytes of the whole head of a copy. */
export const COPY_HEAD = 128;

/** The first bytes of a copy, decoded. */
export interface CopyHead {
  /** Schema of the frames. */
  readonly schema: number;
  /** Offset of the first frame. */
  readonly length: number;
  /** Its sum; the mark of the frames. */
  readonly sum: number;
  /** The head; null when it is damaged. */
  readonly head: Head | null;
  /** Whether the sum fits the bytes. */
  readonly isWhole: boolean;
}

/** A damaged beginning; the frames behind it may be whole. */
const DAMAGED: CopyHead = {
  schema: SCHEMA,
  length: COPY_HEAD,
  sum: 0,
  head: null,
  isWhole: false,
};

/** Returns the beginning of a copy that continues from `head`. */
export function encodeCopyHead(head: Head): Uint8Array {
  const content = encodeHead(head);
  const bytes = new Uint8Array(COPY_HEAD);
  const view = viewOf(bytes);
  view.setUint32(0, MARK, true);
  view.setUint16(4, SCHEMA, true);
  view.setUint16(6, content.length, true);
  bytes.set(content, HEADER);
  view.setUint32(8, sumIn(bytes), true);
  return bytes;
}

/** Returns the mark of the frames of a copy, from its beginning. */
export function markOf(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(8, true);
}

/**
 * Reads the beginning of the copy `path`: its first `COPY_HEAD` bytes, or the
 * whole shorter file.
 *
 * @throws {StoreError} `newer` when a later version wrote it.
 */
export function decodeCopyHead(bytes: Uint8Array, path: string): CopyHead {
  if (bytes.length < HEADER) return DAMAGED;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== MARK) return withoutMark(bytes);
  const schema = view.getUint16(4, true);
  const length = view.getUint16(6, true);
  const sum = view.getUint32(8, true);
  if (schema === 2) {
    const end = HEADER + length;
    const isWhole = end <= bytes.length &&
      sum === xxhash32(bytes, HEADER, end, view.getUint32(4, true) | 0);
    const head = isWhole ? decodeOrNull(bytes.subarray(HEADER, end)) : null;
    if (head !== null) return { schema, length: end, sum, head, isWhole };
  } else if (bytes.length === COPY_HEAD && sum === sumIn(bytes)) {
    if (schema > SCHEMA) throw newer(schema, path);
    const head = decodeOrNull(bytes.subarray(HEADER, HEADER + length));
    if (head !== null) {
      return { schema, length: COPY_HEAD, sum, head, isWhole: true };
    }
  }
  const head = decodeOrNull(bytes.subarray(HEADER, HEADER + length));
  return { schema: SCHEMA, length: COPY_HEAD, sum, head, isWhole: false };
}

/** Copies without a head are of schema 2: they begin with a frame. */
function withoutMark(bytes: Uint8Array): CopyHead {
  const { length } = bytes;
  // A frame of schema 2 begins with its length, and the head, with its own.
  const head = length > 9 && bytes[8] < 64 && bytes[9] !== 0
    ? decodeOrNull(bytes.subarray(9, 9 + bytes[8]))
    : null;
  if (head === null) return DAMAGED;
  return { schema: 2, length: 0, sum: 0, head: null, isWhole: true };
}

function decodeOrNull(bytes: Uint8Array): Head | null {
  try {
    return decodeHead(bytes);
  } catch (error) {
    if (isCorrupt(error)) return null;
    throw error;
  }
}

/** The sum covers schema and length, but not itself. */
function sumIn(bytes: Uint8Array): number {
  return sumOf(bytes, HEADER, bytes.length, viewOf(bytes).getUint32(4, true));
}
