import {
  type Block,
  BLOCK_HEADER,
  carriedIn,
  checkBlock,
  checkEnd,
} from "./block.ts";
import { framed } from "./block_writer.ts";
import { RecordReader } from "../records/record_reader.ts";
import { StoreError } from "../base/store_error.ts";

/** Receives the records of blocks. */
export interface RecordSink {
  /**
   * Takes a record of `kind` that begins in block `number` and takes `bytes`
   * bytes with its frame. `record` is valid during the call.
   */
  record(
    kind: number,
    record: RecordReader,
    number: number,
    bytes: number,
  ): void;
}

/**
 * Reads the records of consecutive blocks. Skips the rest of a record that
 * began before the first block: it was dead when its block was deleted.
 */
export class BlockReader {
  readonly #sink: RecordSink;
  readonly #record = new RecordReader();
  /** The bytes so far of a record that continues in the next block. */
  #open: Uint8Array | null = null;
  #openKind = 0;
  #openNumber = 0;
  #filled = 0;
  /** Sum of the previous block; 0 = unknown. */
  #sum = 0;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** Reads one block. Throws `StoreError` `corrupt` when it is damaged. */
  block(block: Block): void {
    const { bytes, number } = block;
    this.#sum = checkBlock(block, this.#sum);
    let at = BLOCK_HEADER + carriedIn(block);
    if (this.#open !== null) this.#continue(bytes, at);
    const frame = this.#record;
    while (at < bytes.length) {
      const kind = bytes[at];
      frame.open(bytes, at + 1, bytes.length);
      const length = frame.varint();
      const start = frame.at;
      const end = start + length;
      if (end > bytes.length) {
        this.#begin(kind, number, bytes, start, length);
        return;
      }
      frame.open(bytes, start, end);
      this.#sink.record(kind, frame, number, framed(length));
      at = end;
    }
  }

  /**
   * Throws `StoreError` `corrupt` when a record is incomplete, or the last
   * block is not that of `head`.
   */
  end(head: { readonly last: number; readonly sum: number }): void {
    checkEnd(this.#sum, head);
    if (this.#open !== null) {
      throw new StoreError("corrupt", "the last record is incomplete");
    }
  }

  #begin(
    kind: number,
    number: number,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): void {
    this.#open = new Uint8Array(length);
    this.#open.set(bytes.subarray(start));
    this.#filled = bytes.length - start;
    this.#openKind = kind;
    this.#openNumber = number;
  }

  /** Appends the bytes of the block up to `end` to the open record. */
  #continue(bytes: Uint8Array, end: number): void {
    const open = this.#open!;
    const part = bytes.subarray(BLOCK_HEADER, end);
    if (part.length === 0 || this.#filled + part.length > open.length) {
      throw new StoreError(
        "corrupt",
        "continuation does not match the record started in the previous block",
      );
    }
    open.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled < open.length) return;
    this.#open = null;
    this.#record.open(open, 0, open.length);
    this.#sink.record(
      this.#openKind,
      this.#record,
      this.#openNumber,
      framed(open.length),
    );
  }
}
