import type { ByteStream } from "../../src/transport/mod.ts";
import { join } from "../support/bytes.ts";

/** A call of the stream's owner that the test has not answered yet. */
interface Pending {
  readonly bytes: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: Error) => void;
}

/** A stream whose every call is answered by the test. */
export class ScriptedStream implements ByteStream {
  /** The read or write under way. */
  reading: Pending | null = null;
  writing: Pending | null = null;
  /** All that was taken, as it was when it was taken. */
  written: Uint8Array = new Uint8Array(0);
  /** Calls so far. */
  reads = 0;
  writes = 0;
  closed = false;

  read(into: Uint8Array): Promise<number | null> {
    if (this.reading !== null) throw new Error("a second read at a time");
    this.reads++;
    return new Promise((resolve, reject) => {
      this.reading = { bytes: into, resolve, reject };
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.writing !== null) throw new Error("a second write at a time");
    if (bytes.length === 0) throw new Error("an empty write");
    this.writes++;
    return new Promise((resolve, reject) => {
      const answer = resolve as (count: number | null) => void;
      this.writing = { bytes, resolve: answer, reject };
    });
  }

  close(): void {
    this.closed = true;
  }

  /** Answers the read with as much of `bytes` as fits; returns the rest. */
  async give(bytes: Uint8Array): Promise<Uint8Array> {
    const { bytes: into, resolve } = this.reading!;
    const count = Math.min(into.length, bytes.length);
    into.set(bytes.subarray(0, count));
    this.reading = null;
    resolve(count);
    await microtasks();
    return bytes.subarray(count);
  }

  /** Answers the read with the peer's end. */
  async end(): Promise<void> {
    const { resolve } = this.reading!;
    this.reading = null;
    resolve(null);
    await microtasks();
  }

  /** Takes up to `most` bytes of the write under way. */
  async take(most = Infinity): Promise<void> {
    const { bytes, resolve } = this.writing!;
    const count = Math.min(most, bytes.length);
    this.written = join(this.written, bytes.subarray(0, count));
    this.writing = null;
    resolve(count);
    await microtasks();
  }

  /** Takes all there is to be written, `most` bytes at a time. */
  async takeAll(most = Infinity): Promise<void> {
    await microtasks();
    while (this.writing !== null) await this.take(most);
  }

  /** Breaks the write under way. */
  async breakWrite(): Promise<void> {
    const { reject } = this.writing!;
    this.writing = null;
    reject(new Error("broken"));
    await microtasks();
  }

  /** Breaks the read under way. */
  async breakRead(): Promise<void> {
    const { reject } = this.reading!;
    this.reading = null;
    reject(new Error("broken"));
    await microtasks();
  }
}

/** Lets all that was promised happen. */
export async function microtasks(): Promise<void> {
  for (let at = 0; at < 10; at++) await Promise.resolve();
}
