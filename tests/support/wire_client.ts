import assert from "node:assert/strict";
import type { ByteStream } from "../../src/transport/mod.ts";
import { ByteQueue } from "./byte_queue.ts";
import { hex, join, toHex } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import { Packets, pubcomp, pubrec } from "./packets.ts";
import type { FilterOption, PublishOptions, Version } from "./packets.ts";
import { packetLength, readPacket } from "./read_packet.ts";
import type { ReadPacket } from "./read_packet.ts";
import { activity, settle, turn } from "./settle.ts";

/** A client that speaks bytes: sends what it is told, shows what comes. */
export class WireClient {
  readonly version: Version;
  readonly packets: Packets;
  readonly #stream: ByteStream;
  readonly #received = new ByteQueue();
  #ended = false;
  #reading = true;

  /** Reads from the start, unless `reading` is false. */
  constructor(stream: ByteStream, version: Version, reading = true) {
    this.version = version;
    this.packets = new Packets(version);
    this.#stream = stream;
    this.#reading = reading;
    if (reading) this.#read();
  }

  /** Begins or ends taking bytes from the stream (one read may be under way). */
  set reading(on: boolean) {
    if (on && !this.#reading) {
      this.#reading = true;
      this.#read();
    } else this.#reading = on;
  }

  /** Whether the broker has ended the connection, as far as was read. */
  get closed(): boolean {
    return this.#ended;
  }

  /** Bytes that have come and were not yet taken by the test. */
  get waiting(): number {
    return this.#received.length;
  }

  /** Sends `parts` in one go, and waits until the broker has reacted. */
  async send(...parts: Bytes[]): Promise<void> {
    this.post(...parts);
    await settle();
  }

  /** Sends `parts` without waiting; what the broker no longer takes is lost. */
  post(...parts: Bytes[]): void {
    this.#write(join(...parts));
  }

  /**
   * Resolves once the broker has said something, or has closed. It looks once a
   * turn, in which a long packet comes no further than a slice.
   */
  async answered(): Promise<void> {
    for (let left = 20_000; this.waiting === 0 && !this.#ended; left--) {
      assert.ok(left > 0, "no answer");
      await turn();
    }
  }

  /** The next packet. Fails when there is none. */
  async receive(): Promise<ReadPacket> {
    return readPacket(await this.receiveBytes(), this.version);
  }

  /** The next packet as it came. Fails when there is none. */
  async receiveBytes(): Promise<Uint8Array> {
    await settle();
    return this.#take();
  }

  /** The next packet, which must be a PUBLISH. */
  async receivePublish(): Promise<ReadPacket> {
    const packet = await this.receive();
    assert.equal(packet.type, 3, `not a PUBLISH: ${toHex(packet.bytes)}`);
    return packet;
  }

  /** All packets that are there now. */
  async receiveAll(): Promise<ReadPacket[]> {
    await settle();
    const packets: ReadPacket[] = [];
    while (packetLength(this.#received.peek()) > 0) {
      packets.push(readPacket(this.#take(), this.version));
    }
    return packets;
  }

  /** The next packets must be these; in hex, `..` stands for any byte. */
  async expect(...patterns: Bytes[]): Promise<void> {
    for (const pattern of patterns) {
      const bytes = await this.receiveBytes();
      const wanted = typeof pattern === "string" ? pattern : toHex(pattern);
      assert.ok(
        matches(toHex(bytes), wanted),
        `expected ${wanted}\n     got ${toHex(bytes)}`,
      );
    }
  }

  /** Nothing may have come, and the connection must be open. */
  async expectNothing(): Promise<void> {
    await settle();
    assert.equal(toHex(this.#received.peek()), "", "nothing was expected");
    assert.equal(this.#ended, false, "the connection was closed");
  }

  /** The broker must have closed, with nothing more said. */
  async expectClosed(): Promise<void> {
    await settle();
    assert.equal(toHex(this.#received.peek()), "", "only a close was expected");
    assert.equal(this.#ended, true, "the connection is still open");
  }

  /** v5: DISCONNECT with one of `codes`, then the close; 3.x: the close. */
  async expectDisconnect(...codes: number[]): Promise<void> {
    if (this.version === 5) {
      const packet = await this.receive();
      assert.equal(packet.type, 14, `not DISCONNECT: ${toHex(packet.bytes)}`);
      assertCode(packet.code, codes);
    }
    await this.expectClosed();
  }

  /** An acknowledgement of `type` for `id`; any success unless `code` is given. */
  async expectAck(type: number, id: number, code?: number): Promise<void> {
    const packet = await this.receive();
    assert.equal(packet.type, type, `got ${toHex(packet.bytes)}`);
    assert.equal(packet.packetId, id, "another packet id");
    if (code === undefined) assert.ok(packet.code < 0x80, "not a success");
    else assertCode(packet.code, [code]);
  }

  /** CONNACK with one of `codes` and no session, then the close. */
  async expectRefused(...codes: number[]): Promise<ReadPacket> {
    const packet = await this.receive();
    assert.equal(packet.type, 2, `not CONNACK: ${toHex(packet.bytes)}`);
    assertCode(packet.code, codes);
    assert.equal(packet.sessionPresent, false);
    await this.expectClosed();
    return packet;
  }

  /** The connection must be open and served: PINGREQ gets PINGRESP. */
  async expectAlive(): Promise<void> {
    await this.send("c0 00");
    await this.expect("d0 00");
  }

  /** Subscribes, and checks that all was granted as asked. */
  async subscribe(
    filters: readonly FilterOption[],
    parts: readonly Bytes[] = [],
    id = 1000,
  ): Promise<void> {
    await this.send(this.packets.subscribe(id, filters, parts));
    const packet = await this.receive();
    assert.equal(packet.type, 9, `not SUBACK: ${toHex(packet.bytes)}`);
    const asked = filters.map((one) =>
      typeof one === "string" || one instanceof Uint8Array ? 0 : one[1] & 3
    );
    assert.deepEqual(packet.codes, asked);
  }

  /** Sends a PUBLISH; the answer is left for the test to take. */
  async publish(options: PublishOptions): Promise<void> {
    await this.send(this.packets.publish(options));
  }

  /** Takes a QoS 2 PUBLISH through its whole exchange, and gives it. */
  async receiveQoS2(): Promise<ReadPacket> {
    const publish = await this.receivePublish();
    assert.equal(publish.qos, 2);
    await this.send(pubrec(publish.packetId));
    assert.equal((await this.receive()).type, 6);
    await this.send(pubcomp(publish.packetId));
    return publish;
  }

  /** Breaks the connection, as a lost network does. */
  async drop(): Promise<void> {
    this.#reading = false;
    this.#ended = true;
    this.#stream.close();
    await settle();
  }

  /** Says DISCONNECT, and waits for the broker's close. */
  async disconnect(code = 0, parts: readonly Bytes[] = []): Promise<void> {
    await this.send(this.packets.disconnect(code, parts));
    await this.expectClosed();
  }

  #take(): Uint8Array {
    const waiting = this.#received.peek();
    const length = packetLength(waiting);
    if (length === 0) {
      const closed = this.#ended ? ", the connection was closed" : "";
      assert.fail(`no packet came${closed} (there is: ${toHex(waiting)})`);
    }
    return this.#received.take(length);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        at += await this.#stream.write(bytes.subarray(at));
        activity.count++;
      }
    } catch {
      // The broker may close while it is written to; tests look at the close.
    }
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(16_384);
    try {
      while (this.#reading) {
        const count = await this.#stream.read(chunk);
        activity.count++;
        if (count === null) break;
        this.#received.push(chunk.subarray(0, count));
      }
      if (!this.#reading) return;
    } catch {
      activity.count++;
    }
    this.#ended = true;
    this.#stream.close();
  }
}

function assertCode(code: number, codes: readonly number[]): void {
  const names = codes.map((one) => `0x${one.toString(16)}`).join(" or ");
  assert.ok(
    codes.includes(code),
    `code 0x${code.toString(16)}, expected ${names}`,
  );
}

function matches(actual: string, pattern: string): boolean {
  const tidy = pattern.includes("..")
    ? pattern.toLowerCase().trim().replace(/\s+/g, " ")
    : toHex(hex(pattern));
  return actual.length === tidy.length &&
    [...tidy].every((one, at) => one === "." || one === actual[at]);
}
