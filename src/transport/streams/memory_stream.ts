import type { ByteStream } from "./byte_stream.ts";
import { MemoryPipe } from "./memory_pipe.ts";

/** Options of an in-memory stream. */
export interface MemoryOptions {
  /**
   * Bytes each direction holds before its writer has to wait, at least 1.
   * @default {65536}
   */
  readonly capacity?: number;
}

/** One end of an in-memory stream; errors are named as TCP's are. */
export class MemoryStream implements ByteStream {
  readonly #incoming: MemoryPipe;
  readonly #outgoing: MemoryPipe;

  /** Reads from `incoming` and writes to `outgoing`; see `memoryPair`. */
  constructor(incoming: MemoryPipe, outgoing: MemoryPipe) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  /** As `ByteStream.read`; rejects with `BadResource` once closed. */
  read(into: Uint8Array): Promise<number | null> {
    return this.#incoming.read(into);
  }

  /** As `ByteStream.write`; rejects with `BrokenPipe` if the peer closed. */
  write(bytes: Uint8Array): Promise<number> {
    return this.#outgoing.write(bytes);
  }

  /** Ends this end's writing only; the peer reads null after the last byte. */
  closeWrite(): Promise<void> {
    this.#outgoing.end(new Deno.errors.BrokenPipe("the writing side is ended"));
    return Promise.resolve();
  }

  /** Ends both directions; the peer can still read the bytes written. */
  close(): void {
    const closed = new Deno.errors.BadResource("the stream is closed");
    this.#outgoing.end(closed);
    const gone = new Deno.errors.BrokenPipe("the peer has closed the stream");
    this.#incoming.stopReading(closed, gone);
  }

  /** Breaks the stream as a TCP reset does: the peer's calls reject. */
  abort(): void {
    const closed = new Deno.errors.BadResource("the stream is closed");
    const reset = new Deno.errors.ConnectionReset("the peer broke the stream");
    this.#outgoing.reset(reset, closed);
    this.#incoming.reset(closed, reset);
  }
}

/**
 * Returns the two ends of an in-memory stream: bytes written to one are read
 * from the other, within microtasks. Throws a `RangeError` for a capacity
 * below 1.
 */
export function memoryPair(
  options: MemoryOptions = {},
): [MemoryStream, MemoryStream] {
  const capacity = options.capacity ?? 65536;
  const there = new MemoryPipe(capacity);
  const back = new MemoryPipe(capacity);
  return [new MemoryStream(back, there), new MemoryStream(there, back)];
}
