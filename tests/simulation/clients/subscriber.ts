import { property } from "../../support/bytes.ts";
import {
  type ConnectOptions,
  puback,
  pubcomp,
  pubrec,
} from "../../support/packets.ts";
import type { ReadPacket } from "../../support/read_packet.ts";
import { nameOf } from "../ledger.ts";
import { Client, type ClientOptions, type Surroundings } from "./client.ts";

/** Receive Maximum of clients of version 5. */
const RECEIVE_MAXIMUM = 5;

/** What a subscriber subscribes to. */
export interface Interest {
  /** With `$share/` where it is shared. */
  readonly filter: string;
  readonly qos: number;
}

/** A subscription, and since when it is certain. */
export interface Subscription extends Interest {
  /** The event of its SUBACK; `Infinity` while it is not certain. */
  since: number;
  /** It was asked for, and not ended since. */
  isWanted: boolean;
  /** The packet id of the SUBSCRIBE under way, or 0. */
  asked: number;
}

/** Subscribes, and acknowledges when the plan says so. */
export class Subscriber extends Client {
  readonly subscriptions: readonly Subscription[];
  /** QoS 2 packet ids it has received, with the payload. */
  readonly #held = new Map<number, string>();
  /** Acknowledgements it owes, in their order. */
  #owed: (() => void)[] = [];
  /** Received and not acknowledged, for Receive Maximum. */
  #open = 0;
  /** By publisher, topic and QoS: the last message. */
  readonly #last = new Map<string, number>();
  #lastId = 0;

  constructor(
    surroundings: Surroundings,
    options: ClientOptions & { readonly interests: readonly Interest[] },
  ) {
    super(surroundings, options);
    this.subscriptions = options.interests.map((interest) => ({
      ...interest,
      since: Infinity,
      isWanted: true,
      asked: 0,
    }));
  }

  override get unfinished(): string {
    if (this.#owed.length > 0) return "it owes acknowledgements";
    if (this.#held.size > 0) {
      return `${this.#held.size} packet ids are not released`;
    }
    const isSure = this.subscriptions.every(({ since, isWanted }) =>
      !isWanted || since !== Infinity
    );
    return isSure ? "" : "a subscription is not acknowledged";
  }

  /** Acknowledges so many of what it has got, the oldest first. */
  acknowledge(count: number): void {
    for (const acknowledge of this.#owed.splice(0, count)) acknowledge();
  }

  /** How many acknowledgements it owes. */
  get owed(): number {
    return this.#owed.length;
  }

  /** Subscribes to `subscription`, or ends it. */
  toggle(subscription: Subscription): void {
    if (!this.isOpen) return;
    subscription.isWanted = !subscription.isWanted;
    if (subscription.isWanted) return this.#subscribe(subscription);
    subscription.since = Infinity;
    subscription.asked = 0;
    const { filter } = subscription;
    const id = this.#nextId();
    this.send(`UNSUBSCRIBE ${filter}`, this.packets.unsubscribe(id, [filter]));
  }

  override afterCrash(promised: number, written: number): void {
    super.afterCrash(promised, written);
    for (const one of this.subscriptions) {
      if (one.since > promised) one.since = Infinity;
    }
  }

  protected override connectOptions(): ConnectOptions {
    if (this.version === 4) return {};
    return { properties: [property.receiveMaximum(RECEIVE_MAXIMUM)] };
  }

  protected override accepted(): void {
    this.#open = 0;
    for (const one of this.subscriptions) {
      if (one.isWanted && one.since === Infinity) this.#subscribe(one);
    }
  }

  protected override receive(packet: ReadPacket): void {
    const { type, packetId } = packet;
    if (type === 3) return this.#publish(packet);
    if (type === 6) {
      const payload = this.#held.get(packetId) ?? "";
      this.#held.delete(packetId);
      this.#owe(() => this.#complete(packetId, payload));
    } else if (type === 9) {
      const one = this.subscriptions.find(({ asked }) => asked === packetId);
      if (one === undefined) return;
      one.asked = 0;
      if (packet.codes[0] >= 0x80) {
        // The store is full: it asks again later.
        return;
      }
      one.since = this.world.events;
      this.proved();
    }
  }

  protected override left(): void {
    this.#owed = [];
    this.#open = 0;
    for (const one of this.subscriptions) one.asked = 0;
  }

  protected override forget(): void {
    this.#held.clear();
    for (const one of this.subscriptions) {
      one.since = Infinity;
      one.isWanted = true;
    }
  }

  /** Asks again for what was refused. */
  askAgain(): void {
    if (!this.isOpen) return;
    for (const one of this.subscriptions) {
      if (one.isWanted && one.since === Infinity && one.asked === 0) {
        this.#subscribe(one);
      }
    }
  }

  #subscribe(one: Subscription): void {
    one.asked = this.#nextId();
    const { filter, qos } = one;
    this.send(
      `SUBSCRIBE ${filter} QoS ${qos}`,
      this.packets.subscribe(one.asked, [[filter, qos]]),
    );
  }

  #nextId(): number {
    return this.#lastId = this.#lastId % 1000 + 1;
  }

  #publish(packet: ReadPacket): void {
    const { packetId, payload, qos } = packet;
    if (qos === 0) return this.#take(packet);
    if (++this.#open > RECEIVE_MAXIMUM && this.version === 5) {
      this.ledger.fault(`${this.id}: more than its Receive Maximum is open`);
    }
    if (qos === 1) {
      this.#take(packet);
      return this.#owe(() => {
        this.#open--;
        this.send(`PUBACK id ${packetId}`, puback(packetId));
        this.#touch(payload);
      });
    }
    const held = this.#held.get(packetId);
    if (held === undefined) {
      this.#held.set(packetId, payload);
      this.#take(packet);
    } else if (held !== payload) {
      this.ledger.fault(
        `${this.id}: "${payload}" has id ${packetId}, which it holds for ` +
          `"${held}": it must drop it`,
      );
    }
    this.#owe(() => {
      this.send(`PUBREC id ${packetId}`, pubrec(packetId));
      this.#touch(payload);
    });
  }

  #complete(id: number, payload: string): void {
    this.#open = Math.max(0, this.#open - 1);
    this.send(`PUBCOMP id ${id}`, pubcomp(id));
    this.#touch(payload);
  }

  #owe(acknowledge: () => void): void {
    this.#owed.push(acknowledge);
  }

  #touch(payload: string): void {
    const message = this.ledger.find(payload);
    if (message === null) return;
    const arrival = this.ledger.arrivalsOf(this.id).get(message.serial);
    if (arrival !== undefined) arrival.touchedAt = this.world.events;
  }

  /** The application gets it. */
  #take({ payload, qos, dup, retain, topic }: ReadPacket): void {
    const { ledger, world, id } = this;
    if (!retain) ledger.copies++;
    if (payload === "") return;
    const message = ledger.find(payload);
    if (message === null || message.topic !== topic) {
      return ledger.fault(
        `${id}: "${payload}" on ${topic} was never published`,
      );
    }
    const name = nameOf(message);
    const { expiry, ackedTime } = message;
    const age = world.now - ackedTime;
    // What waits for the disk or the network had begun to be delivered.
    const isSmooth = world.disturbedAt < message.sentAt;
    if (
      expiry > 0 && ackedTime > 0 && !dup && isSmooth &&
      age > expiry * 1000 + 2000
    ) {
      ledger.fault(
        `${id}: ${name} arrives ${age} ms old, its expiry being over`,
      );
    }
    const arrivals = ledger.arrivalsOf(id);
    let arrival = arrivals.get(message.serial);
    if (arrival === undefined) {
      arrival = { count: 0, touchedAt: 0, mayDouble: false, isLive: false };
      arrivals.set(message.serial, arrival);
    }
    if (retain) return;
    arrival.count++;
    arrival.touchedAt = world.events;
    arrival.isLive = true;
    const isPassing = !this.lasts || qos === 0;
    const mayDouble = arrival.mayDouble || message.mayDouble ||
      (isPassing && message.mayDoublePassing);
    if (arrival.count > 1) {
      const isOnce = qos === 0 ? message.qos !== 1 : qos === 2;
      if (isOnce && !mayDouble) ledger.fault(`${id}: ${name} arrives twice`);
      return;
    }
    this.#judgeOrder(message.serial);
  }

  /** [MQTT-4.6.0-6], of messages sent since it subscribed. */
  #judgeOrder(serial: number): void {
    const message = this.ledger.messages[serial - 1];
    const { topic, publisher, qos, sentAt, isRepeated } = message;
    const one = this.subscriptions.find(({ filter }) => matches(filter, topic));
    if (one === undefined || one.filter.startsWith("$share/")) return;
    if (sentAt < one.since) return;
    // What was refused and is sent again comes behind what was taken meanwhile.
    if (isRepeated && this.world.refusedAt >= sentAt) return;
    const key = `${publisher} ${topic} ${qos}`;
    const last = this.#last.get(key) ?? 0;
    if (serial < last) {
      this.ledger.fault(
        `${this.id}: ${nameOf(message)} arrives behind m${last}`,
      );
    }
    this.#last.set(key, serial);
  }
}

/** Whether `filter` takes `topic`; wildcards as the simulation has them. */
export function matches(filter: string, topic: string): boolean {
  const levels = filter.replace(/^\$share\/[^/]+\//, "").split("/");
  const names = topic.split("/");
  for (const [at, level] of levels.entries()) {
    if (level === "#") return true;
    if (level !== "+" && level !== names[at]) return false;
  }
  return levels.length === names.length;
}
