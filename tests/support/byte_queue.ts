/** Bytes that came and wait to be taken, in one growing piece. */
export class ByteQueue {
  #bytes = new Uint8Array(1024);
  #start = 0;
  #end = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** A look at what waits; good until the next call. */
  peek(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Adds a copy of `chunk` at the end. */
  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) {
      const waiting = this.peek();
      const size = Math.max(1024, 2 * (waiting.length + chunk.length));
      const bytes = new Uint8Array(size);
      bytes.set(waiting);
      this.#bytes = bytes;
      this.#end = waiting.length;
      this.#start = 0;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Takes the first `count` bytes away. */
  take(count: number): Uint8Array {
    return this.#bytes.slice(this.#start, this.#start += count);
  }
}
