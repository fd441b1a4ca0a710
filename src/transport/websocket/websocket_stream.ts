import type { Clock } from "../../clock/mod.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { closeQuietly } from "../streams/close_quietly.ts";
import {
  binaryHeaderLength,
  CloseCode,
  encodeBinaryHeader,
  encodeClose,
  encodePong,
  FrameDecoder,
} from "./websocket_frames.ts";
import { writeAll } from "../streams/write_all.ts";

/** Bytes up to which a copy costs less than a second write. */
const maxJoined = 16384;
/** Largest buffer that an idle connection keeps (bytes). */
const maxKept = 1024;
/** Longest that a Close may take to leave (ms); then the stream ends. */
const closeTimeout = 1000;

/**
 * The server's end of a WebSocket, as the plain bytes of its binary messages.
 * It works over any byte stream, and reads from it only while its own reader
 * does; it then answers ping and Close, too.
 *
 * The package `ws` costs 30 ms and 16 MiB to load. This class unmasks payloads
 * in the reader's buffer, gathers no message, and pulls for flow control.
 */
export class WebSocketByteStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #frames: FrameDecoder = new FrameDecoder();
  /** Bytes read together with the handshake. */
  #rest: Uint8Array;
  #buffer: Uint8Array = new Uint8Array(0);
  #writing = false;
  /** Settles when the pong under way is written; never rejects. */
  #ponging: Promise<void> | null = null;
  #shutting: Promise<void> | null = null;
  #closed = false;

  /**
   * `stream` has the handshake behind it; `rest` was read behind that. `clock`
   * bounds the last Close frame.
   */
  constructor(stream: ByteStream, clock: Clock, rest: Uint8Array) {
    this.#stream = stream;
    this.#clock = clock;
    this.#rest = rest;
  }

  /**
   * As `ByteStream.read`. Returns null also after the peer's Close, which it
   * answers. Rejects with `InvalidData` after a violation of the WebSocket
   * protocol, once the bytes before it are read and a Close is sent.
   */
  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#frames.end !== null) return await this.#end();
      const count = this.#rest.length > 0
        ? this.#takeRest(into)
        : await this.#stream.read(into);
      if (this.#closed) throw closedError();
      if (count === null) return null;
      // Raw bytes are never fewer than their payload: decoding in place leaves
      // no bytes for the next read.
      const payload = this.#frames.decode(into, count);
      if (this.#frames.ping !== null) this.#answerPing();
      if (payload > 0) return payload;
    }
  }

  /** As `ByteStream.write`; takes all of `bytes`, as one binary message. */
  async write(bytes: Uint8Array): Promise<number> {
    while (this.#ponging !== null) await this.#ponging;
    if (this.#closed) throw closedError();
    if (this.#shutting !== null) {
      throw new Deno.errors.BrokenPipe("the peer has closed the WebSocket");
    }
    if (bytes.length === 0) return 0;
    this.#writing = true;
    try {
      await this.#writeFrame(bytes);
    } finally {
      this.#writing = false;
    }
    if (this.#frames.ping !== null) this.#answerPing();
    return bytes.length;
  }

  /**
   * As `ByteStream.close`, with a Close frame sent first unless a write is
   * pending. If that frame cannot leave, the end comes within a second.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const code = this.#frames.end?.code;
    this.#shutting ??= this.#shut(code === undefined ? CloseCode.normal : code);
  }

  #takeRest(into: Uint8Array): number {
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  async #end(): Promise<null> {
    const { code, violation } = this.#frames.end!;
    this.#shutting ??= this.#shut(code);
    await this.#shutting;
    if (this.#closed) throw closedError();
    if (violation === null) return null;
    throw new Deno.errors.InvalidData(
      `the peer broke the WebSocket protocol: ${violation}`,
    );
  }

  async #writeFrame(bytes: Uint8Array): Promise<void> {
    const start = binaryHeaderLength(bytes.length);
    const joined = bytes.length <= maxJoined;
    const length = joined ? start + bytes.length : start;
    const frame = this.#bufferOf(length);
    encodeBinaryHeader(frame, bytes.length);
    if (joined) frame.set(bytes, start);
    await writeAll(this.#stream, frame.subarray(0, length));
    if (!joined) await writeAll(this.#stream, bytes);
  }

  #bufferOf(length: number): Uint8Array {
    if (length > maxKept) return new Uint8Array(length);
    if (this.#buffer.length < length) {
      this.#buffer = new Uint8Array(length <= 128 ? 128 : maxKept);
    }
    return this.#buffer;
  }

  /** Waits for the pending write: frames must not mix. */
  #answerPing(): void {
    if (!this.#writing) this.#ponging ??= this.#writePongs();
  }

  /**
   * Answers the latest ping. `read` does not wait for it: a peer that sends
   * pings and reads nothing holds up neither reading nor memory.
   */
  async #writePongs(): Promise<void> {
    try {
      while (this.#frames.ping !== null && this.#shutting === null) {
        const pong = encodePong(this.#frames.ping);
        this.#frames.ping = null;
        await writeAll(this.#stream, pong);
      }
    } catch {
      // The next read or write reports the broken stream.
    }
    this.#ponging = null;
  }

  /** Sends a Close where possible, and ends the stream. */
  async #shut(code: number | null): Promise<void> {
    if (!this.#writing) {
      const cancel = this.#clock.after(
        closeTimeout,
        () => closeQuietly(this.#stream),
      );
      try {
        if (this.#ponging !== null) await this.#ponging;
        await writeAll(this.#stream, encodeClose(code));
      } catch {
        // The peer is gone already.
      }
      cancel();
    }
    closeQuietly(this.#stream);
  }
}

function closedError(): Error {
  return new Deno.errors.BadResource("the stream is closed");
}
