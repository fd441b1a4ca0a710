import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { puback, pubcomp, pubrec } from "../support/packets.ts";
import type { ReadPacket } from "../support/read_packet.ts";
import { openSeal } from "../support/sealed_payload.ts";
import type { TestBroker } from "../support/test_broker.ts";
import { Line } from "./session_line.ts";
import type { Sent } from "./session_publisher.ts";

/** What a receiver is, for the whole of a run. */
export interface ReceiverOptions {
  readonly clientId: string;
  readonly version: 4 | 5;
  readonly qos: 1 | 2;
  /** The broker's bound of unacknowledged messages above QoS 0. */
  readonly window: number;
  /** Seconds its session lives on without a connection. */
  readonly expiry: number;
}

/** What it says when it connects. */
export interface Greeting {
  readonly clean: boolean;
  /** Its receive maximum; only 5.0 has one. */
  readonly window: number;
}

/** A message above QoS 0 as it first came. */
interface Known {
  readonly id: number;
  /** The connection it last came by. */
  connection: number;
  released: boolean;
}

/** One life of a session: what was sent to it, what its application got. */
class Life {
  /** Numbers of the messages that must come. */
  readonly required = new Set<number>();
  readonly got = new Set<number>();
  readonly known = new Map<string, Known>();
  /** QoS 2 ids that were received and not released yet. */
  readonly open = new Map<number, string>();
  /** Highest post per topic and QoS that came for the first time. */
  readonly latest = new Map<string, number>();
  connections = 0;
}

/**
 * A client that receives by the book, as slowly as it is told, and asserts
 * with every packet what the broker owes it.
 */
export class ModelReceiver {
  readonly options: ReceiverOptions;
  readonly #broker: TestBroker;
  #line: Line | null = null;
  #life: Life | null = null;
  #acks: { readonly bytes: Uint8Array; readonly ends: number }[] = [];
  /** Of the present connection: unfinished ids, and posts per topic and QoS. */
  #inflight = new Map<number, string>();
  #order = new Map<string, number>();
  #greeted = false;
  #window = 0;
  /** What CONNACK must say. */
  #present = false;
  /** A clean session of 3.1.1: it ends with its connection. */
  #volatile = false;
  #detachedAt = 0;
  /** Lives that ended before everything had come. */
  cutShort = 0;

  constructor(broker: TestBroker, options: ReceiverOptions) {
    this.#broker = broker;
    this.options = options;
  }

  /** Whether it has a connection, as far as it knows. */
  get connected(): boolean {
    return this.#line !== null && !this.#line.ended;
  }

  /** Numbers of messages that must come and have not. */
  get missing(): number[] {
    const life = this.#life;
    if (life === null) return [];
    return [...life.required].filter((number) => !life.got.has(number));
  }

  /** Whether its application got this message in the session's life. */
  has(number: number): boolean {
    return this.#life?.got.has(number) ?? false;
  }

  /** QoS 2 exchanges that the broker has not released. */
  get unreleased(): number {
    return this.#life?.open.size ?? 0;
  }

  /** Connects and subscribes; the broker must be quiet. */
  connect({ clean, window }: Greeting, capacity: number): void {
    const { version, clientId, expiry, qos } = this.options;
    this.#window = version === 5
      ? Math.min(window, this.options.window)
      : this.options.window;
    if (this.connected) this.#detach();
    this.#present = !clean && this.#alive;
    if (!this.#present) this.#begin();
    this.#volatile = clean && version === 4;
    this.#line = new Line(this.#broker, version, capacity);
    this.#acks = [];
    this.#inflight = new Map();
    this.#order = new Map();
    this.#greeted = false;
    this.#life!.connections++;
    const { packets } = this.#line;
    this.#line.post(packets.connect({
      clientId,
      clean,
      // 3.1.1 has no words for these: the broker's settings say the same.
      properties: version === 5
        ? [property.receiveMaximum(window), property.sessionExpiry(expiry)]
        : [],
    }));
    this.#line.post(packets.subscribe(9, [["t/+", qos]]));
  }

  /** Ends the connection, politely or not. */
  drop(kind: "goodbye" | "close" | "abort"): void {
    if (this.#line === null) return;
    if (this.connected) this.#detach();
    if (kind === "goodbye") this.#line.post(this.#line.packets.disconnect());
    this.#line[kind === "abort" ? "abort" : "close"]();
    this.#line = null;
    this.#acks = [];
  }

  /** Whether it takes bytes off the network. */
  set reading(on: boolean) {
    if (this.#line !== null) this.#line.reading = on;
  }

  /** A message is on its way to the broker for the first time. */
  expect(message: Sent): void {
    if (message.qos > 0 && message.expiry === 0 && this.#alive) {
      this.#life?.required.add(message.number);
    }
  }

  /** Handles up to `count` packets; returns how many there were. */
  take(count: number): number {
    for (let at = 0; at < count; at++) {
      const packet = this.#line?.take() ?? null;
      if (packet === null) return at;
      if (packet.type === 2) this.#greet(packet);
      else if (packet.type === 3) this.#receive(packet);
      else if (packet.type === 6) this.#release(packet.packetId);
      else assert.equal(packet.type, 9, `packet of type ${packet.type}`);
    }
    return count;
  }

  /** Sends up to `count` acknowledgements that are due; returns how many. */
  acknowledge(count: number): number {
    const acks = this.#acks.splice(0, count);
    for (const { bytes, ends } of acks) {
      this.#line!.post(bytes);
      this.#inflight.delete(ends);
    }
    return acks.length;
  }

  /** Whether its session lives in the broker. */
  get #alive(): boolean {
    if (this.connected || this.#life === null) return this.#life !== null;
    const away = this.#broker.clock.now() - this.#detachedAt;
    return away < this.options.expiry * 1000;
  }

  #detach(): void {
    this.#detachedAt = this.#broker.clock.now();
    if (!this.#volatile) return;
    if (this.missing.length > 0) this.cutShort++;
    this.#life = null;
  }

  #begin(): void {
    if (this.missing.length > 0) this.cutShort++;
    this.#life = new Life();
  }

  #greet(packet: ReadPacket): void {
    assert.equal(packet.code, 0);
    assert.equal(packet.sessionPresent, this.#present, "session present");
    this.#greeted = true;
  }

  #receive({ topic, qos, dup, packetId, payload }: ReadPacket): void {
    assert.ok(this.#greeted, "a message before CONNACK");
    const life = this.#life!;
    const [post, number] = openSeal(payload).split(":").map(Number);
    const key = `${topic} ${qos}`;
    assert.ok(post > (this.#order.get(key) ?? 0), `order broken: ${payload}`);
    this.#order.set(key, post);
    if (qos > 0 && !this.#isNew(packetId, payload, dup, qos)) return;
    assert.ok(post > (life.latest.get(key) ?? 0), `order broken: ${payload}`);
    life.latest.set(key, post);
    if (qos !== 1) assert.ok(!life.got.has(number), `twice: ${payload}`);
    life.got.add(number);
  }

  /** Steps of QoS 1 and 2; false for what its application has already. */
  #isNew(id: number, payload: string, dup: boolean, qos: number): boolean {
    const life = this.#life!;
    const before = life.known.get(payload);
    assert.ok(!this.#inflight.has(id), `id ${id} is in use`);
    this.#inflight.set(id, payload);
    assert.ok(
      this.#inflight.size <= this.#window,
      "beyond the receive maximum",
    );
    this.#acks.push(
      qos === 1
        ? { bytes: puback(id), ends: id }
        : { bytes: pubrec(id), ends: -1 },
    );
    if (before === undefined) {
      assert.ok(!dup || life.connections > 1, "DUP on a first connection");
      const { connections } = life;
      life.known.set(payload, { id, connection: connections, released: false });
    } else {
      assert.equal(id, before.id, "another packet id when sent again");
      assert.ok(dup, "sent again without DUP");
      assert.ok(!before.released, "PUBLISH again after PUBREL");
      assert.notEqual(before.connection, life.connections, "sent twice");
      before.connection = life.connections;
    }
    if (qos === 2) {
      const open = life.open.get(id);
      assert.ok(open === undefined || open === payload, `id ${id} is open`);
      life.open.set(id, payload);
    }
    return before === undefined;
  }

  #release(id: number): void {
    const life = this.#life!;
    const payload = life.open.get(id);
    if (payload !== undefined) life.known.get(payload)!.released = true;
    else assert.ok(life.connections > 1, `PUBREL of nothing: ${id}`);
    life.open.delete(id);
    this.#acks.push({ bytes: pubcomp(id), ends: id });
  }
}
