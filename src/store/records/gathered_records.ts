import { NumberTable } from "../base/number_table.ts";
import { RecordReader } from "./record_reader.ts";
import { RecordWriter } from "./record_writer.ts";

/** A chunk takes no further record from this length on; a power of two. */
const CHUNK = 2 ** 20;

/**
 * Records that wait for the end of the log, by their number. They stay bytes:
 * objects would be moved through the whole collector, by the million, only to
 * be read once.
 */
export class GatheredRecords {
  readonly #chunks: RecordWriter[] = [];
  readonly #places: NumberTable<number> = new NumberTable();
  readonly #reader = new RecordReader();

  /**
   * Where to write the record with this number, in place of any other that
   * has it; it has to be written before the next call.
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
   * Takes out all records in the order of their numbers. What is handed out
   * stands at the beginning of a record and holds good until the next one; it
   * does not know where the record ends.
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
