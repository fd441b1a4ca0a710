import { Packets, pubrel } from "../support/packets.ts";
import type { ReadPacket } from "../support/read_packet.ts";
import type { Version } from "../support/packets.ts";
import type { Published } from "./account.ts";
import { now } from "./time.ts";

/** Packet ids from here on are for SUBSCRIBE and UNSUBSCRIBE. */
export const FIRST_CONTROL_ID = 40_000;

/** A message on its way to the broker. */
interface Outgoing {
  readonly message: Published;
  /** PUBREC has come: from now on it is PUBREL that is sent again (4.3.3). */
  isRecorded: boolean;
}

/** The half of a session that sends: what the broker has not yet answered. */
export class Sender {
  readonly #packets: Packets;
  readonly #reusesIds: boolean;
  /** By packet id, in the order first sent. */
  readonly #outgoing = new Map<number, Outgoing>();
  #lastId = 0;

  /** `reusesIds`: takes the lowest free packet id, else the next one. */
  constructor(version: Version, reusesIds: boolean) {
    this.#packets = new Packets(version);
    this.#reusesIds = reusesIds;
  }

  /** Messages the broker has not yet answered in full. */
  get pending(): number {
    return this.#outgoing.size;
  }

  /** Takes on `message`; its PUBLISH. */
  publish(message: Published): Uint8Array {
    const id = this.#freeId();
    this.#outgoing.set(id, { message, isRecorded: false });
    return this.#publish(id, message, false);
  }

  /**
   * All to be sent again on a new connection, in the order of before
   * [MQTT-4.6.0-1]. When the broker has no session any more, everything it had
   * not taken is sent as new.
   */
  resume(sessionPresent: boolean): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (const [id, { message, isRecorded }] of this.#outgoing) {
      if (!isRecorded) frames.push(this.#publish(id, message, sessionPresent));
      else if (sessionPresent) frames.push(pubrel(id));
      else this.#outgoing.delete(id);
    }
    return frames;
  }

  /**
   * Takes PUBACK, PUBREC or PUBCOMP; returns what is to be sent for it. Throws
   * when it answers nothing that was sent.
   */
  answered({ type, packetId: id, code }: ReadPacket): Uint8Array | null {
    const outgoing = this.#outgoing.get(id);
    if (outgoing === undefined) {
      // Of two equal PUBRECs around a reconnect the second finds nothing.
      return type === 5 && code < 0x80 ? pubrel(id) : null;
    }
    const { message } = outgoing;
    const isRight = type === 4 ? message.qos === 1 : message.qos === 2;
    if (!isRight || (type === 7 && !outgoing.isRecorded)) {
      throw new Error(`${message.name} answered by a packet of type ${type}`);
    }
    if (type === 7 || type === 4 || code >= 0x80) this.#outgoing.delete(id);
    if (type === 7) return null;
    if (code >= 0x80) message.refused = true;
    else if (message.acknowledgedAt === 0) message.acknowledgedAt = now();
    if (type === 4 || code >= 0x80) return null;
    outgoing.isRecorded = true;
    return pubrel(id);
  }

  #publish(id: number, message: Published, dup: boolean): Uint8Array {
    return this.#packets.publish({ ...message, id, dup });
  }

  #freeId(): number {
    let id = this.#reusesIds ? 1 : this.#lastId % (FIRST_CONTROL_ID - 1) + 1;
    while (this.#outgoing.has(id)) id++;
    this.#lastId = id;
    return id;
  }
}
