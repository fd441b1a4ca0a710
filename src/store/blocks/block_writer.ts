import { type Block, BLOCK_HEADER, BLOCK_MAX, sealBlock } from "./block.ts";
import type { RecordKind } from "../records/record_kind.ts";
import type { RecordWriter } from "../records/record_writer.ts";

/** Bytes from which on the end of a block may cut a record. */
const CUT = 4096;

/** Maximum bytes before a record: its kind and its length. */
const FRAME = 9;

/** Returns the bytes of a record of `length` bytes with its kind and length. */
export function framed(length: number): number {
  let bytes = length + 2;
  for (let rest = length; rest >= 128; rest >>>= 7) bytes++;
  return bytes;
}

/**
 * Puts records into blocks. Only long records are cut, so that a reader finds
 * nearly all of them in one piece.
 */
export class BlockWriter {
  #bytes: Uint8Array | null = null;
  #at = BLOCK_HEADER;
  #carried = 0;
  #sealed: Block[] = [];
  /** Number of the present block, or of the next one. */
  number: number;
  /** Sum of the last sealed block; 0 = unknown. */
  sum: number;
  /** Bytes put since `take`, with their frames. */
  bytes = 0;

  /** `number` is that of the first block, `sum` the sum of the previous one. */
  constructor(number: number, sum = 0) {
    this.number = number;
    this.sum = sum;
  }

  /** Appends a record; returns the number of the block in which it begins. */
  put(kind: RecordKind, record: RecordWriter): number {
    return this.putLong(kind, record, record.bytes, 0, 0);
  }

  /**
   * Appends a record that ends with the bytes of `tail` from `start` to `end`;
   * returns the number of the block in which it begins.
   */
  putLong(
    kind: RecordKind,
    record: RecordWriter,
    tail: Uint8Array,
    start: number,
    end: number,
  ): number {
    const length = record.length + end - start;
    const room = BLOCK_MAX - this.#at;
    if (length + FRAME > room && (length < CUT || room < CUT)) this.#seal(0);
    this.#bytes ??= new Uint8Array(BLOCK_MAX);
    const { number } = this;
    const before = this.#at;
    this.#bytes[this.#at++] = kind;
    this.#length(length);
    this.bytes += this.#at - before + length;
    this.#append(record.bytes, 0, record.length, end - start);
    this.#append(tail, start, end, 0);
    return number;
  }

  /** Returns the blocks filled since the last call, with the unfinished one. */
  take(): Block[] {
    this.#seal(0);
    const sealed = this.#sealed;
    this.#sealed = [];
    this.bytes = 0;
    return sealed;
  }

  #length(value: number): void {
    const bytes = this.#bytes!;
    while (value >= 128) {
      bytes[this.#at++] = value & 0x7f | 0x80;
      value >>>= 7;
    }
    bytes[this.#at++] = value;
  }

  /** Appends a part of a record of which `after` more bytes follow. */
  #append(from: Uint8Array, start: number, end: number, after: number): void {
    while (start < end) {
      if (this.#at === BLOCK_MAX) this.#seal(end - start + after);
      const into = this.#bytes ??= new Uint8Array(BLOCK_MAX);
      const stop = Math.min(end, start + BLOCK_MAX - this.#at);
      if (stop - start < 64) {
        for (let i = start; i < stop; i++) into[this.#at++] = from[i];
      } else {
        into.set(from.subarray(start, stop), this.#at);
        this.#at += stop - start;
      }
      start = stop;
    }
  }

  /** Seals the block; the next one begins with `carried` bytes of a record. */
  #seal(carried: number): void {
    if (this.#at > BLOCK_HEADER) {
      let bytes = this.#bytes!;
      // A full block leaves with its buffer; a short one is copied out of it.
      if (this.#at === BLOCK_MAX) this.#bytes = null;
      else bytes = bytes.slice(0, this.#at);
      this.sum = sealBlock(
        bytes,
        this.number,
        Math.min(this.#carried, this.#at - BLOCK_HEADER),
        this.sum,
      );
      this.#sealed.push({ number: this.number++, bytes });
      this.#at = BLOCK_HEADER;
    }
    this.#carried = carried;
  }
}
