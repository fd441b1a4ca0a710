import { ExactReader } from "../files/exact_reader.ts";
import type { Files } from "../files/files.ts";
import { PAGE } from "../base/pages.ts";
import { viewOf } from "../base/view_of.ts";

/*
 * SQLite's write-ahead log: a header, and frames of a page each. Every frame
 * has the two salts of its log's header, and a sum over all before it. SQLite
 * replays frames up to the first wrong sum: it cannot tell a flipped bit from
 * the end of the log. The salts can: frames of the same log behind a wrong one
 * show that commits were there.
 */

const HEADER = 32;
const FRAME_HEADER = 24;

/** The first word of a log, by the byte order of its sums. */
const MAGIC_LITTLE = 0x377f0682;
const MAGIC_BIG = 0x377f0683;

/** Bytes read at a time. */
const LOOK = 1024 * 1024;

interface Sum {
  a: number;
  b: number;
}

interface Header {
  readonly bytes: Uint8Array;
  readonly page: number;
  readonly isLittle: boolean;
  readonly salts: readonly number[];
  readonly sum: Sum;
  readonly isWhole: boolean;
}

/**
 * Searches the write-ahead log of the store at `path` for damage, before SQLite
 * opens the store for writing. Returns how many commits SQLite will skip
 * because of it, about; 0 = none.
 *
 * The last transaction does not count: a crash of the machine may leave a part
 * of it, which was never acknowledged.
 */
export async function lostInLog(files: Files, path: string): Promise<number> {
  const log = `${path}-wal`;
  if ((await files.size(log) ?? 0) < HEADER + FRAME_HEADER) return 0;
  const reader = await ExactReader.open(files, log);
  try {
    const header = readHeader((await reader.read(HEADER + FRAME_HEADER))!);
    if (header === null) return 0;
    for (;;) {
      const { lost, wrong } = await countLost(reader, header);
      if (lost === 0) return 0;
      // A broker with the store open may have begun a new log, or have written
      // the frame after it was read.
      if (!await isSame(reader, 0, header.bytes)) return 0;
      if (wrong === null || await isSame(reader, wrong.at, wrong.bytes)) {
        return lost;
      }
    }
  } finally {
    reader.close();
  }
}

/** Returns whether the log still has `bytes` at `at`. */
async function isSame(
  reader: ExactReader,
  at: number,
  bytes: Uint8Array,
): Promise<boolean> {
  reader.at = at;
  const now = await reader.read(bytes.length);
  return now !== null && now.every((byte, index) => byte === bytes[index]);
}

/**
 * Reads the header of the log; null when the first frame belongs to another
 * log.
 */
function readHeader(start: Uint8Array): Header | null {
  const bytes = start.subarray(0, HEADER);
  const view = viewOf(start);
  const magic = view.getUint32(0);
  const isLittle = magic === MAGIC_LITTLE;
  const sum = { a: 0, b: 0 };
  add(sum, view, 0, 24, isLittle);
  const isWhole = (isLittle || magic === MAGIC_BIG) &&
    sum.a === view.getUint32(24) && sum.b === view.getUint32(28);
  const first = [view.getUint32(HEADER + 8), view.getUint32(HEADER + 12)];
  const own = [view.getUint32(16), view.getUint32(20)];
  const salts = isWhole ? own : first;
  const page = isWhole ? view.getUint32(8) : PAGE;
  const header = { bytes, page, isLittle, salts, sum, isWhole };
  // The salts of another log differ in more than one bit.
  const isOther = bits(own[0] ^ first[0]) + bits(own[1] ^ first[1]) > 1;
  return isWhole || !isOther ? header : null;
}

function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

interface Count {
  /** Commits behind a frame with a wrong sum. */
  readonly lost: number;
  /** That frame; null where the header is wrong. */
  readonly wrong: { readonly at: number; readonly bytes: Uint8Array } | null;
}

async function countLost(reader: ExactReader, header: Header): Promise<Count> {
  const { page, isLittle, salts } = header;
  const sum = { ...header.sum };
  const size = FRAME_HEADER + page;
  const atOnce = Math.max(1, Math.floor(LOOK / size));
  let left = Math.floor((reader.size - HEADER) / size);
  let isBroken = !header.isWhole;
  let wrong: Count["wrong"] = null;
  let lost = 0;
  /** Whether a frame follows the last counted commit. */
  let isFollowed = false;
  reader.at = HEADER;
  while (left > 0) {
    const count = Math.min(left, atOnce);
    const start = reader.at;
    const bytes = await reader.read(count * size);
    if (bytes === null) break;
    left -= count;
    const view = viewOf(bytes);
    for (let at = 0; at < bytes.length; at += size) {
      const isOurs = view.getUint32(at + 8) === salts[0] &&
        view.getUint32(at + 12) === salts[1];
      if (!isBroken) {
        add(sum, view, at, 8, isLittle);
        add(sum, view, at + FRAME_HEADER, page, isLittle);
        isBroken = !isOurs || sum.a !== view.getUint32(at + 16) ||
          sum.b !== view.getUint32(at + 20);
        if (isBroken) {
          wrong = { at: start + at, bytes: bytes.slice(at, at + size) };
        }
      }
      if (!isBroken || !isOurs) continue;
      isFollowed ||= lost > 0;
      if (view.getUint32(at + 4) !== 0) lost++;
    }
  }
  return { lost: isFollowed ? lost : 0, wrong };
}

/** Continues SQLite's sum with `length` bytes from `at` on. */
function add(
  sum: Sum,
  view: DataView,
  at: number,
  length: number,
  isLittle: boolean,
): void {
  let { a, b } = sum;
  for (let word = at; word < at + length; word += 8) {
    a = a + view.getUint32(word, isLittle) + b >>> 0;
    b = b + view.getUint32(word + 4, isLittle) + a >>> 0;
  }
  sum.a = a;
  sum.b = b;
}
