import assert from "node:assert/strict";
import { Message, Topic } from "../../src/mqtt/mod.ts";
import { IdReserve } from "../../src/session/session/id_reserve.ts";
import { InflightWindow } from "../../src/session/session/inflight_window.ts";
import { Outgoing } from "../../src/session/core/outgoing.ts";
import type { StoredPacketIds } from "../../src/store/mod.ts";
import { StubStore } from "../session/stub_store.ts";
import { deliveryAt } from "../support/deliveries.ts";

/** Messages in flight at most. */
const MAXIMUM = 40;

const delivery = deliveryAt(2);

/** An entry in flight, as the disk has it. */
interface DiskEntry {
  readonly name: number;
  readonly packetId: number;
  readonly isReceived: boolean;
}

/** What a crash leaves. */
interface Disk {
  readonly ids: StoredPacketIds | null;
  readonly entries: readonly DiskEntry[];
}

/**
 * A session in `buffered` and its client, which keeps QoS 2 ids from PUBREC to
 * PUBREL whatever becomes of the broker. It fails when the client has to take
 * a message for another.
 */
export class PacketIdsWorld {
  #disk: Disk = { ids: null, entries: [] };
  #noted: Disk["ids"] = null;
  #isNoted = false;
  #store = new StubStore("buffered");
  #window = new InflightWindow();
  #reserve: IdReserve;
  #names = new Map<Outgoing, number>();
  /** What the client holds, by packet id. */
  readonly #held = new Map<number, number>();
  #count = 0;
  /** Messages that got a packet id. */
  sent = 0;
  /** Times a message had to wait for one. */
  waits = 0;

  constructor() {
    this.#reserve = this.#begin();
  }

  /** What bars ids for QoS 2 messages now. */
  get barred(): number {
    return this.#window.barred.reduce((sum, { count }) => sum + count, 0);
  }

  /** Sends `count` messages, as far as ids are to be had without a commit. */
  send(count: number, isVolatile = false): void {
    for (; count > 0; count--) {
      if (this.#window.size >= MAXIMUM) this.complete(1);
      if (!this.#reserve.admits(false)) {
        this.waits++;
        return;
      }
      const entry = this.#entry(2, isVolatile);
      this.#window.add(entry);
      const name = ++this.#count;
      this.#names.set(entry, name);
      this.#publish(entry.packetId, name);
      this.sent++;
    }
  }

  /** So many QoS 1 messages come and go. */
  sendQos1(count: number): void {
    for (; count > 0; count--) {
      const entry = this.#entry(1, false);
      this.#window.add(entry);
      this.#window.remove(entry);
    }
  }

  /** As if messages had used nearly all ids once; the last `count` are left. */
  goRound(count: number): void {
    this.#window.goOnAt(this.#window.seekSerial() + 65_535 - count);
  }

  /** PUBREC, without a PUBREL that reaches the client. */
  receive(count: number): void {
    for (const entry of this.#window.inOrder().slice(0, count)) {
      entry.message = null;
    }
  }

  /** Exchanges go to their ends, the oldest first, but for the first `skip`. */
  complete(count: number, skip = 0): void {
    for (const entry of this.#window.inOrder().slice(skip, skip + count)) {
      this.#window.remove(entry);
      this.#names.delete(entry);
      this.#held.delete(entry.packetId);
    }
  }

  /** A batch is written; returns what makes it the state of the disk. */
  flush(): () => void {
    if (this.#isNoted) this.#noted = this.#reserve.stored;
    this.#isNoted = false;
    const entries = this.#window.inOrder().filter((one) => !one.volatile).map((
      one,
    ) => ({
      name: this.#names.get(one)!,
      packetId: one.packetId,
      isReceived: one.message === null,
    }));
    const written = { ids: this.#noted, entries };
    const store = this.#store;
    const batch = store.begin();
    return () => {
      this.#disk = written;
      store.finish(batch);
    };
  }

  /** All that was not on disk is gone; a new life begins with what was. */
  crash(): void {
    const { ids, entries } = this.#disk;
    this.#store = new StubStore("buffered");
    this.#window = new InflightWindow();
    this.#names = new Map();
    this.#noted = ids;
    this.#isNoted = false;
    this.#reserve = this.#begin();
    for (const { name, packetId, isReceived } of entries) {
      const entry = this.#entry(2, false);
      entry.packetId = packetId;
      if (isReceived) entry.message = null;
      assert.ok(this.#window.restore(entry), `id ${packetId} was there twice`);
      this.#names.set(entry, name);
      if (isReceived) this.#held.delete(packetId);
      else this.#publish(packetId, name);
    }
  }

  /** The client is back and answers PUBREL, of which `lost` do not arrive. */
  resume(lost: number): void {
    const answers: number[] = [];
    this.#reserve.free((packetId) => {
      this.#held.delete(packetId);
      answers.push(packetId);
    });
    const count = Math.max(0, answers.length - lost);
    for (const packetId of answers.slice(0, count)) {
      assert.ok(this.#reserve.freed(packetId));
    }
  }

  /** A stop in good order, and a start. */
  restart(): void {
    this.#reserve.giveBack();
    this.flush()();
    this.crash();
  }

  #begin(): IdReserve {
    this.#store.willing = false;
    return new IdReserve(this.#window, this.#store, {
      noted: () => {
        this.#isNoted = true;
      },
      granted() {},
    }, this.#disk.ids);
  }

  #entry(qos: 1 | 2, isVolatile: boolean): Outgoing {
    const topic = new Topic("t", new Uint8Array(1));
    const message = new Message(topic, new Uint8Array(0), 0, 0);
    message.volatile = isVolatile;
    return new Outgoing(message, qos, false, delivery);
  }

  /** The client takes a QoS 2 PUBLISH, and answers with PUBREC. */
  #publish(packetId: number, name: number): void {
    const held = this.#held.get(packetId);
    assert.ok(
      held === undefined || held === name,
      `message ${name} came with id ${packetId}, which is that of ${held}`,
    );
    this.#held.set(packetId, name);
  }
}
