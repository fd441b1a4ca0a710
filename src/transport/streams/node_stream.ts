import type { Duplex } from "node:stream";
import type { Clock } from "../../clock/mod.ts";
import type { ByteStream } from "./byte_stream.ts";

/** Longest that the last bytes may take to leave (ms); then it ends. */
const closeTimeout = 1000;

const NOTHING = new Uint8Array(0);

/**
 * A stream of Node's as a `ByteStream`: pull in place of push. Node's own mark
 * bounds the bytes read ahead, beside one chunk held here.
 */
export class NodeByteStream implements ByteStream {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  /** Bytes that came and are unread. */
  #rest: Uint8Array = NOTHING;
  /** The buffer of a waiting read, or null. */
  #into: Uint8Array | null = null;
  #resolve: (count: number | null) => void = IGNORE;
  #reject: (error: Error) => void = IGNORE;
  #isPaused = false;
  /** Rejects the pending write; null when there is none. */
  #rejectWrite: ((error: Error) => void) | null = null;
  #ended = false;
  #error: Error | null = null;

  /** `stream` is open and has no other listeners. */
  constructor(stream: Duplex, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.on("data", this.#take);
    stream.on("end", this.#end);
    stream.on("error", this.#fail);
    stream.on("close", () => {
      if (this.#error === null) this.#fail(brokenError());
    });
  }

  read(into: Uint8Array): Promise<number | null> {
    const { length } = this.#rest;
    if (length > 0) {
      const part = this.#rest.subarray(0, into.length);
      into.set(part);
      this.#rest = length === part.length
        ? NOTHING
        : this.#rest.subarray(part.length);
      return Promise.resolve(part.length);
    }
    if (this.#ended && this.#error === null) return Promise.resolve(null);
    if (this.#error !== null) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#into = into;
      this.#resolve = resolve;
      this.#reject = reject;
      if (!this.#isPaused) return;
      this.#isPaused = false;
      this.#stream.resume();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.#error !== null) return Promise.reject(this.#error);
    if (bytes.length === 0) return Promise.resolve(0);
    return new Promise((resolve, reject) => {
      this.#rejectWrite = reject;
      this.#stream.write(bytes, (error) => {
        this.#rejectWrite = null;
        if (error) reject(error);
        else resolve(bytes.length);
      });
    });
  }

  closeWrite(): Promise<void> {
    if (this.#error !== null) return Promise.reject(this.#error);
    return new Promise((resolve) => this.#stream.end(resolve));
  }

  /**
   * As `ByteStream.close`. Unless a write is pending, the peer gets the
   * protocol's own farewell, which has a second to leave.
   */
  close(): void {
    this.#rest = NOTHING;
    const isWriting = this.#rejectWrite !== null;
    this.#fail(CLOSED);
    const stream = this.#stream;
    if (stream.destroyed) return;
    if (isWriting) return void stream.destroy();
    const cancel = this.#clock.after(closeTimeout, () => stream.destroy());
    stream.once("close", cancel);
    // Unread bytes must not keep the end from coming.
    stream.resume();
    stream.end(() => stream.destroy());
  }

  readonly #take = (chunk: Uint8Array): void => {
    if (this.#error !== null) return;
    const into = this.#into;
    if (into === null) {
      this.#rest = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
      return this.#pause();
    }
    this.#into = null;
    if (chunk.length <= into.length) {
      into.set(chunk);
      return this.#resolve(chunk.length);
    }
    into.set(chunk.subarray(0, into.length));
    this.#rest = chunk.subarray(into.length);
    this.#pause();
    this.#resolve(into.length);
  };

  readonly #end = (): void => {
    this.#ended = true;
    if (this.#into === null) return;
    this.#into = null;
    this.#resolve(null);
  };

  readonly #fail = (error: Error): void => {
    this.#error ??= error;
    // A destroyed stream does not call back for every write.
    this.#rejectWrite?.(this.#error);
    this.#rejectWrite = null;
    if (this.#into === null) return;
    this.#into = null;
    this.#reject(this.#error);
  };

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#stream.pause();
  }
}

function IGNORE(): void {}

/** One error for all streams: most connections end without a reader of it. */
const CLOSED = new Deno.errors.BadResource("the stream is closed");

function brokenError(): Error {
  return new Deno.errors.ConnectionReset("the connection was lost");
}

/** Joins chunks of a stream that goes on although it is paused. */
function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
