import { ByteQueue } from "../support/byte_queue.ts";
import { join } from "../support/bytes.ts";
import { packetLength, readPacket } from "../support/read_packet.ts";
import type { ReadPacket } from "../support/read_packet.ts";
import type { Version } from "../support/packets.ts";
import { pause } from "./time.ts";

/** A TCP connection of a client: packets in, bytes out in the order given. */
export class Wire {
  readonly version: Version;
  readonly #conn: Deno.Conn;
  #unsent: Uint8Array[] = [];
  #isWriting = false;
  #isHeld = false;
  #isOpen = true;

  private constructor(conn: Deno.Conn, version: Version) {
    this.#conn = conn;
    this.version = version;
  }

  /** Connects to `port` of this machine; null when nobody listens there. */
  static async open(port: number, version: Version): Promise<Wire | null> {
    try {
      return new Wire(
        await Deno.connect({ port, hostname: "127.0.0.1" }),
        version,
      );
    } catch {
      return null;
    }
  }

  /** Whether neither side has ended it, as far as is known. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends `bytes` behind what was given before; lost when the wire breaks. */
  send(bytes: Uint8Array): void {
    this.#unsent.push(bytes);
    this.#write();
  }

  /** Sends nothing for `ms`: what the broker waits for comes late. */
  async hold(ms: number): Promise<void> {
    if (this.#isHeld) return;
    this.#isHeld = true;
    await pause(ms);
    this.#isHeld = false;
    this.#write();
  }

  /** Gives each packet that comes to `take`, until the connection ends. */
  async read(take: (packet: ReadPacket) => void): Promise<void> {
    const received = new ByteQueue();
    const chunk = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await this.#conn.read(chunk);
        if (count === null) break;
        received.push(chunk.subarray(0, count));
        for (;;) {
          const length = packetLength(received.peek());
          if (length === 0) break;
          take(readPacket(received.take(length), this.version));
        }
      }
    } catch (error) {
      if (!isBroken(error)) throw error;
    } finally {
      this.close();
    }
  }

  /** Breaks the connection; what was not sent yet is lost. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#unsent = [];
    this.#conn.close();
  }

  async #write(): Promise<void> {
    if (this.#isWriting || this.#isHeld) return;
    this.#isWriting = true;
    try {
      // A turn later, so that what belongs together goes in one write.
      await Promise.resolve();
      while (this.#unsent.length > 0) {
        const bytes = join(...this.#unsent);
        this.#unsent = [];
        for (let at = 0; at < bytes.length;) {
          at += await this.#conn.write(bytes.subarray(at));
        }
      }
    } catch (error) {
      // The reader sees the end, and tells.
      if (!isBroken(error)) throw error;
    } finally {
      this.#isWriting = false;
    }
  }
}

/** Whether `error` only says that the connection is gone. */
function isBroken(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.NotConnected;
}
