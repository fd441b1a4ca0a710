import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { pubrel } from "../support/packets.ts";
import { sealPayload } from "../support/sealed_payload.ts";
import type { TestBroker } from "../support/test_broker.ts";
import { Line } from "./session_line.ts";

/** A message of the model; it is known by its number for all its life. */
export interface Sent {
  readonly number: number;
  readonly topic: string;
  readonly qos: number;
  /** Seconds, or 0 for none. */
  readonly expiry: number;
  /** Characters that its payload has at least. */
  readonly padding: number;
}

/** Few, so that each is used again and again. */
const PACKET_IDS = 9;

interface Unfinished {
  readonly message: Sent;
  phase: "publish" | "release";
}

/**
 * A client that publishes by the book: it sends again what was not
 * acknowledged when it comes back, with DUP and the same ids (4.4).
 *
 * A payload seals `post:number`. Posts count up, a sending again included, so
 * that a receiver can tell an order that was broken from a sending again.
 */
export class ModelPublisher {
  readonly #broker: TestBroker;
  #line: Line | null = null;
  readonly #unfinished = new Map<number, Unfinished>();
  #nextId = 0;
  #posts = 0;

  constructor(broker: TestBroker) {
    this.#broker = broker;
  }

  /** Whether it can publish. */
  get connected(): boolean {
    return this.#line !== null && !this.#line.ended;
  }

  /** Messages whose exchange is not over. */
  get unfinished(): number {
    return this.#unfinished.size;
  }

  /** Whether it has a packet id left. */
  get free(): boolean {
    return this.#unfinished.size < PACKET_IDS;
  }

  /** Connects, anew when it was connected, and goes on where it was. */
  connect(capacity: number): void {
    const line = this.#line = new Line(this.#broker, 5, capacity);
    line.post(line.packets.connect({
      clientId: "publisher",
      clean: false,
      properties: [property.sessionExpiry(0xffffffff)],
    }));
    for (const [id, { message, phase }] of this.#unfinished) {
      if (phase === "release") line.post(pubrel(id));
      else this.#post(message, id, true);
    }
  }

  /** Loses its connection. */
  drop(kind: "close" | "abort"): void {
    this.#line?.[kind]();
    this.#line = null;
  }

  /** Publishes; only while connected. */
  publish(message: Sent): void {
    let id = 0;
    if (message.qos > 0) {
      do id = this.#nextId = this.#nextId % PACKET_IDS + 1; while (
        this.#unfinished.has(id)
      );
      this.#unfinished.set(id, { message, phase: "publish" });
    }
    this.#post(message, id, false);
  }

  /** Handles up to `count` packets; returns how many there were. */
  take(count: number): number {
    for (let at = 0; at < count; at++) {
      const packet = this.#line?.take() ?? null;
      if (packet === null) return at;
      const { type, packetId } = packet;
      if (type === 2) {
        assert.equal(packet.code, 0);
        continue;
      }
      const exchange = this.#unfinished.get(packetId);
      assert.ok(exchange, `an acknowledgement of nothing: ${packetId}`);
      // PUBREL may come a second time, when its PUBCOMP was lost.
      const fine = packet.code < 0x80 || (type === 7 && packet.code === 0x92);
      assert.ok(fine, `refused: 0x${packet.code.toString(16)}`);
      if (type === 5) {
        exchange.phase = "release";
        this.#line!.post(pubrel(packetId));
      } else this.#unfinished.delete(packetId);
    }
    return count;
  }

  #post(message: Sent, id: number, dup: boolean): void {
    const { topic, qos, number, expiry, padding } = message;
    this.#line!.post(this.#line!.packets.publish({
      topic,
      qos,
      dup,
      id,
      payload: sealPayload(`${++this.#posts}:${number}`, padding),
      properties: expiry > 0 ? [property.messageExpiry(expiry)] : [],
    }));
  }
}
