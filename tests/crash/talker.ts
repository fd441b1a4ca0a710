import { property } from "../support/bytes.ts";
import { Packets } from "../support/packets.ts";
import type { PublishOptions, Version } from "../support/packets.ts";
import type { ReadPacket } from "../support/read_packet.ts";
import { Inbox, within } from "../support/wait.ts";
import { Wire } from "./wire.ts";

/** A client that is told what to send, over TCP, and waits for what comes. */
export class Talker {
  readonly #wire: Wire;
  readonly #packets: Packets;
  readonly #answers = new Map<number, (packet: ReadPacket) => void>();
  readonly #reading: Promise<void>;
  #lastId = 0;
  /** PUBLISHes, in the order they came. */
  readonly inbox = new Inbox<ReadPacket>("a PUBLISH");

  private constructor(wire: Wire) {
    this.#wire = wire;
    this.#packets = new Packets(wire.version);
    this.#reading = wire.read((packet) => this.#take(packet));
  }

  /** Connects, with a session that stays unless it `isClean`; gives CONNACK too. */
  static async connect(
    port: number,
    version: Version,
    clientId: string,
    isClean = false,
  ): Promise<{ talker: Talker; connack: ReadPacket }> {
    const wire = await Wire.open(port, version);
    if (wire === null) throw new Error("nobody listens");
    const talker = new Talker(wire);
    const stays = version === 5 && !isClean;
    const connack = await talker.#ask(
      -2,
      talker.#packets.connect({
        ...{ clientId, clean: isClean },
        properties: stays ? [property.sessionExpiry(100_000)] : [],
      }),
    );
    if (connack.code !== 0) throw new Error(`CONNACK with ${connack.code}`);
    return { talker, connack };
  }

  /** Subscribes at `qos`; the code of SUBACK. */
  async subscribe(filter: string, qos: number): Promise<number> {
    const id = ++this.#lastId;
    const frame = this.#packets.subscribe(id, [[filter, qos]]);
    return (await this.#ask(id, frame)).codes[0];
  }

  /** Publishes at QoS 1; the PUBACK, whenever it comes. */
  publish(options: PublishOptions): Promise<ReadPacket> {
    const id = ++this.#lastId;
    return this.#ask(id, this.#packets.publish({ ...options, id, qos: 1 }));
  }

  /** Publishes at QoS 0. */
  tell(topic: string, payload: string): void {
    this.#wire.send(this.#packets.publish({ topic, payload }));
  }

  /** Takes a PUBLISH, and acknowledges it. */
  async next(): Promise<string> {
    const packet = await this.inbox.next();
    if (packet.qos === 1) {
      this.#wire.send(Uint8Array.of(
        ...[0x40, 2, packet.packetId >> 8, packet.packetId & 255],
      ));
    }
    return packet.payload;
  }

  /** Breaks the connection. */
  async close(): Promise<void> {
    this.#wire.close();
    await this.#reading;
  }

  #ask(id: number, frame: Uint8Array): Promise<ReadPacket> {
    const { promise, resolve } = Promise.withResolvers<ReadPacket>();
    this.#answers.set(id, resolve);
    this.#wire.send(frame);
    return within(`the answer to packet id ${id}`, promise);
  }

  #take(packet: ReadPacket): void {
    if (packet.type === 3) return this.inbox.push(packet);
    const id = packet.type === 2 ? -2 : packet.packetId;
    this.#answers.get(id)?.(packet);
    this.#answers.delete(id);
  }
}
