import { puback, pubcomp, pubrec } from "../support/packets.ts";
import { propertiesOf } from "../support/read_packet.ts";
import type { ReadPacket } from "../support/read_packet.ts";
import type { Account, Occurrence, Published } from "./account.ts";
import { now } from "./time.ts";

/** A message that came a second time. */
export interface Again {
  readonly first: Occurrence;
  readonly again: Occurrence;
}

/** The half of a session that receives, and all it ever received. */
export class Receiver {
  readonly #account: Account;
  readonly #name: string;
  /** QoS 2 packet ids received and not yet released (4.3.3). */
  readonly #unreleased = new Map<number, Occurrence>();
  readonly #forgotten = new Set<Occurrence>();
  /** First occurrences, in the order they came. */
  readonly received = new Map<Published, Occurrence>();
  /** Messages given to the application more than once. */
  readonly repeated: Again[] = [];

  /** `name` is the client's, for what goes wrong. */
  constructor(account: Account, name: string) {
    this.#account = account;
    this.#name = name;
  }

  /** QoS 2 messages whose PUBREL has to come. */
  get pending(): number {
    let count = 0;
    for (const one of this.#unreleased.values()) {
      if (!this.#forgotten.has(one)) count++;
    }
    return count;
  }

  /** Awaits no PUBREL for what came since `since`: the broker may not know. */
  forget(since: number): void {
    for (const one of this.#unreleased.values()) {
      if (one.at >= since) this.#forgotten.add(one);
    }
  }

  /** The broker has no session any more: ids mean nothing now. */
  sessionLost(): void {
    this.#unreleased.clear();
  }

  /** Takes a PUBLISH; its answer. */
  published(packet: ReadPacket): Uint8Array {
    const message = this.#account.find(packet.payload);
    if (message === undefined) {
      this.#anomaly(
        `got what nobody published: ${packet.payload.slice(0, 60)}`,
      );
    } else if (message.topic !== packet.topic) {
      this.#anomaly(`got ${message.name} on ${packet.topic}`);
    }
    if (packet.qos === 2) return this.#recorded(packet, message);
    if (packet.qos === 0) throw new Error("a QoS 0 message, which none is");
    if (message !== undefined) this.#given(packet, message, now());
    return puback(packet.packetId);
  }

  /** Takes a PUBREL; its answer. */
  released({ packetId }: ReadPacket): Uint8Array {
    const occurrence = this.#unreleased.get(packetId);
    if (occurrence !== undefined) occurrence.completedAt = now();
    this.#unreleased.delete(packetId);
    return pubcomp(packetId);
  }

  #recorded(packet: ReadPacket, message: Published | undefined): Uint8Array {
    const { packetId } = packet;
    const before = this.#unreleased.get(packetId);
    if (before !== undefined && before.message !== message) {
      // What comes under an unreleased id is the same message, whatever it
      // says [MQTT-4.3.3-10]: the client throws it away, so it is lost.
      this.#anomaly(
        `got ${message?.name} with packet id ${packetId} while ` +
          `${before.message.name} was not released`,
      );
    }
    if (before === undefined && message !== undefined) {
      this.#unreleased.set(packetId, this.#given(packet, message, 0));
    }
    return pubrec(packetId);
  }

  #given(packet: ReadPacket, message: Published, done: number): Occurrence {
    const occurrence: Occurrence = {
      message,
      at: now(),
      qos: packet.qos,
      identifiers: propertiesOf(packet, 0x0b) as number[],
      completedAt: done,
    };
    const first = this.received.get(message);
    if (first === undefined) this.received.set(message, occurrence);
    else this.repeated.push({ first, again: occurrence });
    return occurrence;
  }

  #anomaly(text: string): void {
    this.#account.anomalies.push(
      `${this.#name} ${text} (at ${this.#account.tell(now())})`,
    );
  }
}
