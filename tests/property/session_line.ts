import { memoryPair, type MemoryStream } from "../../src/transport/mod.ts";
import { join } from "../support/bytes.ts";
import { Packets, type Version } from "../support/packets.ts";
import {
  packetLength,
  type ReadPacket,
  readPacket,
} from "../support/read_packet.ts";
import { activity } from "../support/settle.ts";
import type { TestBroker } from "../support/test_broker.ts";

/**
 * A client's end of one connection, without waiting: what is posted goes out
 * as the pipe takes it, what comes is kept until the test takes it.
 */
export class Line {
  readonly packets: Packets;
  readonly #version: Version;
  readonly #stream: MemoryStream;
  #outgoing: Uint8Array = new Uint8Array(0);
  #incoming: Uint8Array = new Uint8Array(0);
  #writing = false;
  #readUnderWay = false;
  #reading = true;
  /** Whether either side has ended it. */
  ended = false;

  /** `capacity` bounds what is under way in each direction (bytes). */
  constructor(broker: TestBroker, version: Version, capacity: number) {
    const [mine, theirs] = memoryPair({ capacity });
    this.#stream = mine;
    this.#version = version;
    this.packets = new Packets(version);
    broker.serve(theirs);
    this.#read();
  }

  /** Whether it takes what the broker writes (one read may be under way). */
  set reading(on: boolean) {
    this.#reading = on;
    if (on) this.#read();
  }

  /** Sends bytes behind those that still wait. */
  post(bytes: Uint8Array): void {
    this.#outgoing = join(this.#outgoing, bytes);
    if (!this.#writing) this.#write();
  }

  /** The next packet that has come whole, or null. */
  take(): ReadPacket | null {
    const length = packetLength(this.#incoming);
    if (length === 0) return null;
    const packet = readPacket(this.#incoming.slice(0, length), this.#version);
    this.#incoming = this.#incoming.slice(length);
    return packet;
  }

  /** Closes it; the broker still gets what is in the pipe. */
  close(): void {
    if (!this.ended) this.#stream.close();
    this.ended = true;
    activity.count++;
  }

  /** Breaks it: what is in the pipes is lost, both ways. */
  abort(): void {
    if (!this.ended) this.#stream.abort();
    this.ended = true;
    activity.count++;
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#outgoing.length > 0 && !this.ended) {
        const count = await this.#stream.write(this.#outgoing);
        this.#outgoing = this.#outgoing.slice(count);
        activity.count++;
      }
    } catch {
      this.ended = true;
    }
    this.#writing = false;
  }

  async #read(): Promise<void> {
    if (this.#readUnderWay || this.ended) return;
    this.#readUnderWay = true;
    const chunk = new Uint8Array(4096);
    try {
      while (this.#reading && !this.ended) {
        const count = await this.#stream.read(chunk);
        activity.count++;
        if (count === null) break;
        this.#incoming = join(this.#incoming, chunk.subarray(0, count));
      }
      if (this.#reading) this.close();
    } catch {
      this.ended = true;
    }
    this.#readUnderWay = false;
  }
}
