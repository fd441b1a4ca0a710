import { memoryPair, type MemoryStream } from "../../src/transport/mod.ts";
import { join } from "../support/bytes.ts";
import {
  packetLength,
  type ReadPacket,
  readPacket,
} from "../support/read_packet.ts";
import { activity, settle } from "../support/settle.ts";
import type { TestBroker } from "../support/test_broker.ts";

/** A 3.1.1 client's end that takes as many bytes as it is told. */
export class ManualReader {
  readonly #stream: MemoryStream;
  #bytes: Uint8Array = new Uint8Array(0);
  #pending: Promise<void> | null = null;

  constructor(broker: TestBroker) {
    const [mine, theirs] = memoryPair();
    this.#stream = mine;
    broker.serve(theirs);
  }

  async post(bytes: Uint8Array): Promise<void> {
    await this.#stream.write(bytes);
    await settle();
  }

  /** Takes about `most` bytes more, or all that come until it is quiet. */
  async read(most: number): Promise<void> {
    const enough = this.#bytes.length + most;
    while (this.#bytes.length < enough) {
      const before = this.#bytes.length;
      this.#pending ??= this.#readOnce();
      await settle();
      if (this.#bytes.length === before) break;
    }
  }

  async #readOnce(): Promise<void> {
    const chunk = new Uint8Array(65_536);
    const count = await this.#stream.read(chunk);
    this.#bytes = join(this.#bytes, chunk.subarray(0, count ?? 0));
    this.#pending = null;
    activity.count++;
  }

  /** All packets so far. */
  packets(): ReadPacket[] {
    const packets: ReadPacket[] = [];
    for (let at = 0;;) {
      const length = packetLength(this.#bytes.subarray(at));
      if (length === 0) return packets;
      packets.push(readPacket(this.#bytes.slice(at, at += length), 4));
    }
  }
}
