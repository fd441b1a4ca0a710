/** A call that waits for the other side of the pipe. */
interface Waiting {
  readonly bytes: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One direction of an in-memory stream: a ring of bytes with a bound. Each call
 * settles the calls that it makes possible: tests are deterministic.
 */
export class MemoryPipe {
  readonly #capacity: number;
  /** Made at the first byte: many streams of a test never carry one. */
  #ring: Uint8Array | null = null;
  #start = 0;
  #length = 0;
  #reader: Waiting | null = null;
  #writer: Waiting | null = null;
  #ended = false;
  #readError: Error | null = null;
  #writeError: Error | null = null;

  /** `capacity` in bytes, at least 1. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `cannot make a pipe: capacity must be at least 1, is ${capacity}`,
      );
    }
    this.#capacity = capacity;
  }

  /** As `ByteStream.read`; a second read at a time rejects. */
  read(into: Uint8Array): Promise<number | null> {
    if (this.#readError !== null) return Promise.reject(this.#readError);
    if (this.#reader !== null) return Promise.reject(busy("read"));
    if (this.#length > 0 || into.length === 0) {
      const count = this.#take(into);
      this.#letWriterGoOn();
      return Promise.resolve(count);
    }
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#reader = { bytes: into, resolve, reject };
    });
  }

  /** As `ByteStream.write`: held while the ring is full. */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#writeError !== null) return Promise.reject(this.#writeError);
    if (this.#writer !== null) return Promise.reject(busy("write"));
    if (this.#length < this.#capacity || bytes.length === 0) {
      const count = this.#put(bytes);
      this.#letReaderGoOn();
      return Promise.resolve(count);
    }
    return new Promise((resolve, reject) => {
      const settle = resolve as (count: number | null) => void;
      this.#writer = { bytes, resolve: settle, reject };
    });
  }

  /** Ends writing: the reader gets the buffered bytes, then null. */
  end(error: Error): void {
    this.#failWriter(error);
    if (this.#ended) return;
    this.#ended = true;
    this.#reader?.resolve(null);
    this.#reader = null;
  }

  /** Ends reading: reads fail with `reading`, writes with `writing`. */
  stopReading(reading: Error, writing: Error): void {
    this.#failReader(reading);
    this.#failWriter(writing);
  }

  /** Fails both sides and drops the buffered bytes, as a reset does. */
  reset(reading: Error, writing: Error): void {
    this.stopReading(reading, writing);
    this.#length = 0;
  }

  #failReader(error: Error): void {
    this.#readError ??= error;
    this.#reader?.reject(this.#readError);
    this.#reader = null;
  }

  #failWriter(error: Error): void {
    this.#writeError ??= error;
    this.#writer?.reject(this.#writeError);
    this.#writer = null;
  }

  #letReaderGoOn(): void {
    const reader = this.#reader;
    if (reader === null || this.#length === 0) return;
    this.#reader = null;
    reader.resolve(this.#take(reader.bytes));
  }

  #letWriterGoOn(): void {
    const writer = this.#writer;
    if (writer === null || this.#length === this.#capacity) return;
    this.#writer = null;
    writer.resolve(this.#put(writer.bytes));
  }

  /** Copies as much as fits out of the ring, also around its end. */
  #take(into: Uint8Array): number {
    const ring = this.#ring;
    const count = Math.min(this.#length, into.length);
    if (ring === null || count === 0) return 0;
    const first = Math.min(count, this.#capacity - this.#start);
    into.set(ring.subarray(this.#start, this.#start + first));
    into.set(ring.subarray(0, count - first), first);
    this.#start = (this.#start + count) % this.#capacity;
    this.#length -= count;
    return count;
  }

  /** Copies into the ring what fits; it may wrap around the ring's end. */
  #put(bytes: Uint8Array): number {
    const ring = this.#ring ??= new Uint8Array(this.#capacity);
    const count = Math.min(this.#capacity - this.#length, bytes.length);
    const end = (this.#start + this.#length) % this.#capacity;
    const first = Math.min(count, this.#capacity - end);
    ring.set(bytes.subarray(0, first), end);
    ring.set(bytes.subarray(first, count));
    this.#length += count;
    return count;
  }
}

function busy(call: string): Error {
  return new Deno.errors.Busy(`a ${call} is already waiting on this stream`);
}
