import type { Block } from "./block.ts";
import type { Commit, Head } from "./blocks.ts";
import { decodeHead, encodeHead } from "./head_record.ts";
import { RecordReader } from "../records/record_reader.ts";
import { RecordWriter } from "../records/record_writer.ts";
import { sumOf } from "../base/sum.ts";
import { viewOf } from "../base/view_of.ts";

/*
 * A commit in a journal:
 *
 *   offset 0  4 bytes  mark: the sum of the file's head
 *          4  4 bytes  CRC-32 of all that follows
 *          8  4 bytes  length of what follows the header
 *         12  4 bytes  sum of the previous frame; the mark in the first one
 *         16           the head, the number of blocks, and each block with its
 *                      number, lengths in front as varints
 *
 * The mark depends on the epoch, which clients cannot know. So a reader can
 * search the next frame behind a damaged one, and no payload passes for a frame.
 */

/** Bytes before the content. */
export const FRAME_HEADER = 16;

/** Room for a frame without blocks. */
const FRAME_ROOM = 256;

/** Maximum content of a frame: no commit is so large. */
const FRAME_MAX = 0x7fffffff;

/** The header of a frame. */
export interface FrameHeader {
  /** Mark of the file that has the frame. */
  readonly mark: number;
  /** CRC-32 of the frame. */
  readonly sum: number;
  /** Bytes of its content; -1 = no frame. */
  readonly length: number;
  /** Sum of the previous frame. */
  readonly before: number;
}

/** Returns the frame of a commit for a journal. */
export function encodeFrame(
  { head, blocks }: Commit,
  mark: number,
  before: number,
): Uint8Array {
  const record = new RecordWriter();
  let most = FRAME_ROOM;
  for (const { bytes } of blocks) most += bytes.length + 16;
  record.bytes = new Uint8Array(most);
  record.length = FRAME_HEADER;
  record.binary(encodeHead(head));
  record.varint(blocks.length);
  for (const block of blocks) {
    record.varint(block.number);
    record.binary(block.bytes);
  }
  const frame = record.bytes.subarray(0, record.length);
  const view = viewOf(frame);
  view.setUint32(0, mark, true);
  view.setUint32(8, frame.length - FRAME_HEADER, true);
  view.setUint32(12, before, true);
  view.setUint32(4, sumOf(frame, 8, frame.length), true);
  return frame;
}

/** Reads a frame's header. */
export function decodeHeader(header: Uint8Array): FrameHeader {
  const view = viewOf(header);
  const length = view.getUint32(8, true);
  return {
    mark: view.getUint32(0, true),
    sum: view.getUint32(4, true),
    length: length > FRAME_MAX || length === 0 ? -1 : length,
    before: view.getUint32(12, true),
  };
}

/**
 * Returns whether a frame with `mark` may begin at `at`, a whole header before
 * the end. Zeros never do: behind a torn head the mark itself may be 0.
 */
export function beginsFrame(view: DataView, at: number, mark: number): boolean {
  if (view.getUint32(at, true) !== mark) return false;
  const length = view.getUint32(at + 8, true);
  return length > 0 && length <= FRAME_MAX;
}

/** Returns whether the sum of a frame fits its bytes. */
export function isFrame(header: Uint8Array, content: Uint8Array): boolean {
  const sum = sumOf(content, 0, content.length, sumOf(header, 8, 16));
  return viewOf(header).getUint32(4, true) === sum;
}

/**
 * Returns the commit in the content of a frame; its blocks are views into it.
 */
export function decodeContent(content: Uint8Array): Commit {
  const record = new RecordReader();
  record.open(content, 0, content.length);
  const head: Head = decodeHead(record.view());
  const blocks: Block[] = [];
  for (let left = record.varint(); left > 0; left--) {
    const number = record.varint();
    blocks.push({ number, bytes: record.view() });
  }
  return { head, blocks };
}
