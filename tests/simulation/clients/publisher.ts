import { property } from "../../support/bytes.ts";
import { pubrel } from "../../support/packets.ts";
import type { ReadPacket } from "../../support/read_packet.ts";
import { nameOf, payloadOf, type SimulatedMessage } from "../ledger.ts";
import { Client } from "./client.ts";

/** Messages under way at most. */
const MOST = 16;

/** Packet ids it uses, few, so that they come again soon. */
const IDS = 24;

/** What is published, and how. */
export interface Publication {
  readonly topic: string;
  readonly qos: number;
  readonly retain?: boolean;
  readonly isEmpty?: boolean;
  readonly expiry?: number;
}

interface Exchange {
  readonly message: SimulatedMessage;
  /** PUBREC came: only the id is still needed. */
  isReceived: boolean;
  isTried: boolean;
}

/** Publishes, and repeats what was not acknowledged, in its order. */
export class Publisher extends Client {
  readonly #outgoing = new Map<number, Exchange>();
  #lastId = 0;

  override get unfinished(): string {
    const { size } = this.#outgoing;
    return size === 0 ? "" : `${size} messages are not acknowledged`;
  }

  /** Messages that are not acknowledged. */
  get unacknowledged(): readonly SimulatedMessage[] {
    return [...this.#outgoing.values()].map(({ message }) => message);
  }

  /** Publishes, now or when it is connected; false when it has no room. */
  publish(
    { topic, qos, retain = false, isEmpty = false, expiry = 0 }: Publication,
  ): boolean {
    if (this.#outgoing.size >= MOST || (qos === 0 && !this.isOpen)) {
      return false;
    }
    // Retained messages of one topic one after the other: then it is certain
    // which of them is the last.
    if (retain && this.unacknowledged.some((one) => one.topic === topic)) {
      return false;
    }
    const publisher = this.id;
    const message = this.ledger.add({
      publisher,
      topic,
      qos,
      retain,
      isEmpty,
      expiry: this.version === 5 ? expiry : 0,
      isWill: false,
    });
    if (qos === 0) {
      this.#transmit(0, { message, isReceived: false, isTried: false });
      return true;
    }
    do this.#lastId = this.#lastId % IDS + 1; while (
      this.#outgoing.has(this.#lastId)
    );
    const exchange = { message, isReceived: false, isTried: false };
    this.#outgoing.set(this.#lastId, exchange);
    if (this.isOpen) this.#transmit(this.#lastId, exchange);
    return true;
  }

  protected override accepted(): void {
    for (const [id, exchange] of this.#outgoing) {
      if (exchange.isReceived) this.#release(id);
      else this.#transmit(id, exchange);
    }
  }

  protected override receive({ type, packetId, code }: ReadPacket): void {
    const exchange = this.#outgoing.get(packetId);
    if (exchange === undefined || type < 4 || type > 7) return;
    const { message } = exchange;
    if (code >= 0x80 && code !== 0x92) {
      this.#outgoing.delete(packetId);
      return this.ledger.givenUp(message);
    }
    if (type === 5 && message.qos === 2) {
      exchange.isReceived = true;
      message.takenAt ||= message.touchedAt = this.world.events;
      this.proved();
      this.#release(packetId);
    } else if (
      (type === 4 && message.qos === 1) || (type === 7 && exchange.isReceived)
    ) {
      this.#outgoing.delete(packetId);
      this.ledger.acked(message);
    }
  }

  protected override left(): void {}

  /** Without its session it drops what was under way (4.1, 3.2.2.1.1). */
  protected override forget(): void {
    for (const [id, { message, isTried }] of this.#outgoing) {
      if (!isTried) continue;
      this.#outgoing.delete(id);
      this.ledger.givenUp(message);
    }
  }

  #release(id: number): void {
    this.send(`PUBREL id ${id}`, pubrel(id));
  }

  #transmit(id: number, exchange: Exchange): void {
    const { message, isTried } = exchange;
    exchange.isTried = true;
    message.isRepeated ||= isTried;
    const { topic, qos, retain, expiry } = message;
    message.touchedAt = this.send(
      `PUBLISH ${nameOf(message)} id ${id}${isTried ? " DUP" : ""}`,
      this.packets.publish({
        topic,
        qos,
        retain,
        id,
        dup: isTried,
        payload: payloadOf(message),
        properties: expiry > 0 ? [property.messageExpiry(expiry)] : [],
      }),
    );
    message.sentAt ||= message.touchedAt;
  }
}
