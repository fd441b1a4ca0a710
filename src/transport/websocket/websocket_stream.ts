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

/** Up to here copying costs less than a second write. */
const maxJoined = 16384;
/** Only a small buffer stays with a connection that idles. */
const maxKept = 1024;
/** How many ms a Close may take to leave before the stream is just ended. */
const closeTimeout = 1000;

/**
 * The server's end of a WebSocket, as the plain bytes its binary messages
 * carry. It works over any byte stream and reads from it only while it is read
 * from; ping and Close are answered then, too.
 *
 * Ours instead of `ws`, which costs 30 ms and 16 MiB to load: payloads are
 * unmasked where they were read to, no message is ever gathered, and pull is
 * the only flow control.
 */
export class WebSocketByteStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #frames: FrameDecoder = new FrameDecoder();
  /** Bytes that came in one read with the handshake. */
  #rest: Uint8Array;
  #buffer: Uint8Array = new Uint8Array(0);
  #writing = false;
  /** Settles when the pong being written is out; never rejects. */
  #ponging: Promise<void> | null = null;
  #shutting: Promise<void> | null = null;
  #closed = false;

  /**
   * `stream` has just been answered the handshake; `rest` was read behind it.
   * `clock` bounds how long a last Close frame may take.
   */
  constructor(stream: ByteStream, clock: Clock, rest: Uint8Array) {
    this.#stream = stream;
    this.#clock = clock;
    this.#rest = rest;
  }

  /**
   * As `ByteStream.read`. Null also after the peer's Close, which is answered.
   * Rejects with `InvalidData` when the peer broke the WebSocket protocol,
   * once what came before has been read and a Close with the code was sent.
   */
  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#frames.end !== null) return await this.#end();
      const count = this.#rest.length > 0
        ? this.#takeRest(into)
        : await this.#stream.read(into);
      if (this.#closed) throw closedError();
      if (count === null) return null;
      // Raw bytes are never fewer than the payload in them: they are decoded
      // where they lie, and nothing is left for the next read.
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

  /** A pending write answers when it is out: frames must not be mixed. */
  #answerPing(): void {
    if (!this.#writing) this.#ponging ??= this.#writePongs();
  }

  /**
   * Not awaited by `read`: a peer that sends pings and reads nothing gets the
   * latest one answered, and holds up neither reading nor memory.
   */
  async #writePongs(): Promise<void> {
    try {
      while (this.#frames.ping !== null && this.#shutting === null) {
        const pong = encodePong(this.#frames.ping);
        this.#frames.ping = null;
        await writeAll(this.#stream, pong);
      }
    } catch {
      // The stream broke; the next read or write says so.
    }
    this.#ponging = null;
  }

  /** Sends a Close, if that is possible, and ends the stream. */
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
