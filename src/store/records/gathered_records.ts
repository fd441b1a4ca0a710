import { NumberTable } from "../base/number_table.ts";
import { RecordReader } from "./record_reader.ts";
import { RecordWriter } from "./record_writer.ts";

/** Length from which on a chunk takes no more records; a power of two. */
const CHUNK = 2 ** 20;

/**
 * Records by number, gathered until the end of the log. They stay bytes:
 * millions of objects would pass through the whole collector to be read once.
 */
export class GatheredRecords {
  readonly #chunks: RecordWriter[] = [];
  readonly #places: NumberTable<number> = new NumberTable();
  readonly #reader = new RecordReader();

  /**
   * Returns the writer for the record `number`, which replaces any other of
   * that number. The record must be written before the next call.
   */
  add(number: number): RecordWriter {
    let last = this.#chunks.length - 1;
    if (last < 0 || this.#chunks[last].length >= CHUNK) {
      last = this.#chunks.push(new RecordWriter()) - 1;
    }
    const chunk = this.#chunks[last];
    this.#places.set(number, last * CHUNK + chunk.length);
    return chunk;
  }

  /** Forgets the record with this number. */
  delete(number: number): void {
    this.#places.delete(number);
  }

  /**
   * Yields and removes all records in the order of their numbers. The reader
   * stands at the beginning of a record, does not know its end, and is valid
   * until the next one.
   */
  *drain(): Generator<RecordReader> {
    const reader = this.#reader;
    for (const place of this.#places.drain()) {
      const chunk = this.#chunks[Math.floor(place / CHUNK)];
      reader.open(chunk.bytes, place % CHUNK, chunk.length);
      yield reader;
    }
    this.#chunks.length = 0;
  }
}
