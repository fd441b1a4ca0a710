import type { ByteStream } from "./byte_stream.ts";

/** A stream that first returns bytes that were read too early. */
export class RewoundStream implements ByteStream {
  readonly #stream: ByteStream;
  #rest: Uint8Array;
  /** That of the stream below; missing where it has none. */
  readonly closeWrite?: () => Promise<void>;

  /** Reads return `rest`, then the bytes of `stream`. */
  constructor(stream: ByteStream, rest: Uint8Array) {
    this.#stream = stream;
    this.#rest = rest;
    if (stream.closeWrite !== undefined) {
      this.closeWrite = () => stream.closeWrite!();
    }
  }

  read(into: Uint8Array): Promise<number | null> {
    const { length } = this.#rest;
    if (length === 0) return this.#stream.read(into);
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = length === part.length
      ? NOTHING
      : this.#rest.subarray(part.length);
    return Promise.resolve(part.length);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#stream.write(bytes);
  }

  close(): void {
    // A closed stream returns no bytes.
    this.#rest = NOTHING;
    this.#stream.close();
  }
}

const NOTHING = new Uint8Array(0);
