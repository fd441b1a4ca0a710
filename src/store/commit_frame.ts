import type { Block } from "./block.ts";
import type { Commit } from "./blocks.ts";
import { decodeHead, encodeHead } from "./head_record.ts";
import { RecordReader } from "./record_reader.ts";
import { RecordWriter } from "./record_writer.ts";
import { xxhash32 } from "./xxhash32.ts";

/*
 * A commit as it stands in a journal:
 *
 *   4 bytes  length of what follows the sum
 *   4 bytes  xxHash32 of that
 *            the head, the number of blocks, and each block with its number,
 *            lengths in front as varints
 */

/** Length and sum. */
export const FRAME_HEADER = 8;

/** A frame longer than this is none: no commit is so large. */
const FRAME_MAX = 0x7fffffff;

/** The frame of a commit, to be appended to a journal. */
export function encodeFrame({ head, blocks }: Commit): Uint8Array {
  const record = new RecordWriter();
  record.binary(encodeHead(head));
  record.varint(blocks.length);
  for (const block of blocks) {
    record.varint(block.number);
    record.binary(block.bytes);
  }
  const frame = new Uint8Array(FRAME_HEADER + record.length);
  frame.set(record.bytes.subarray(0, record.length), FRAME_HEADER);
  const view = new DataView(frame.buffer);
  view.setUint32(0, record.length, true);
  view.setUint32(4, xxhash32(frame, FRAME_HEADER, frame.length), true);
  return frame;
}

/** Length of what follows a frame's header; -1 when it is none. */
export function frameLength(header: Uint8Array): number {
  const length = new DataView(header.buffer, header.byteOffset)
    .getUint32(0, true);
  return length > FRAME_MAX || length === 0 ? -1 : length;
}

/** The commit in a frame; null when its sum is wrong. */
export function decodeFrame(
  header: Uint8Array,
  content: Uint8Array,
): Commit | null {
  const sum = new DataView(header.buffer, header.byteOffset)
    .getUint32(4, true);
  if (xxhash32(content, 0, content.length) !== sum) return null;
  const record = new RecordReader();
  record.open(content, 0, content.length);
  const head = decodeHead(record.binary());
  const blocks: Block[] = [];
  for (let left = record.varint(); left > 0; left--) {
    const number = record.varint();
    blocks.push({ number, bytes: record.binary() });
  }
  return { head, blocks };
}
