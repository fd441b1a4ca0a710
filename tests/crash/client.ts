import { property } from "../support/bytes.ts";
import { Packets, pingreq } from "../support/packets.ts";
import type { Version } from "../support/packets.ts";
import type { ReadPacket } from "../support/read_packet.ts";
import type { Account, Published } from "./account.ts";
import type { Random } from "../support/random.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { Subscriptions } from "./subscriptions.ts";
import { now, pause } from "./time.ts";
import { Wire } from "./wire.ts";

/** Topics that clients subscribe to. */
export const LIVE_TOPICS = ["t/0", "t/1", "t/2", "t/3"];

/** Filters they use; their place is the subscription identifier, less one. */
const FILTERS = [...LIVE_TOPICS, "t/+"];

/** Retained topics of each publisher; nobody else publishes there. */
const RETAINED_TOPICS = 3;

/** Messages one client has under way at most. */
const MOST_PENDING = 20;

/** What the clients of a round share. */
export interface World {
  readonly port: number;
  readonly account: Account;
  /** Whether clients publish, subscribe, leave and come back at random. */
  isBusy: boolean;
  /** Whether the disk may be full, so that the broker may have to refuse. */
  readonly mayRefuse: boolean;
}

/** A client with a session that stays, whatever becomes of its connections. */
export class CrashClient {
  readonly name: string;
  readonly version: Version;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly subscriptions: Subscriptions;
  /** Its broker is expected to know it; when CONNACK first said so, else 0. */
  establishedAt = 0;
  /** CONNACKs that knew nothing of an established session. */
  readonly lost: { readonly at: number; readonly made: number }[] = [];
  /** Whether it keeps away although others are busy. */
  isAway = false;
  readonly #world: World;
  readonly #random: Random;
  readonly #packets: Packets;
  #wire: Wire | null = null;
  #isAttached = false;
  #isEnding = false;
  #order = 0;
  #pongs = 0;
  /** It was refused a subscription, and asks again after a while. */
  #wasRefused = false;

  constructor(name: string, version: Version, world: World, random: Random) {
    this.name = name;
    this.version = version;
    this.#world = world;
    this.#random = random;
    this.#packets = new Packets(version);
    this.sender = new Sender(version, random.chance(0.5));
    this.receiver = new Receiver(world.account, name);
    this.subscriptions = new Subscriptions(version);
  }

  /** Whether CONNACK has come on the present connection. */
  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** Whether it has a connection, or tries to. */
  get isConnected(): boolean {
    return this.#wire !== null;
  }

  /** Whether nothing is left that either side has to answer. */
  get isSettled(): boolean {
    return this.#isAttached && this.sender.pending === 0 &&
      this.receiver.pending === 0 && this.subscriptions.pending === 0;
  }

  /** Comes and goes until `end`. */
  async run(): Promise<void> {
    while (!this.#isEnding) {
      const wire = this.isAway
        ? null
        : await Wire.open(this.#world.port, this.version);
      if (wire === null) await pause(10);
      else {
        await this.#serve(wire);
        await pause(this.#absence());
      }
    }
  }

  /** Breaks the connection, and makes no new one. */
  end(): void {
    this.#isEnding = true;
    this.#wire?.close();
  }

  /** Breaks the connection; it comes back by itself. */
  drop(): void {
    this.#wire?.close();
  }

  /** Subscribes at random, some not at all. */
  subscribe(): void {
    for (let count = this.#random.below(4); count > 0; count--) this.#toggle();
  }

  /** Publishes a message to try the subscriptions of `topic` with. */
  probe(topic: string, qos: 1 | 2): Published {
    return this.#publish(topic, qos, 0, true);
  }

  /** Asks whether the broker is there; waits for its answer at most `ms`. */
  async ping(ms: number): Promise<boolean> {
    const before = this.#pongs;
    this.#wire?.send(pingreq());
    for (const end = now() + ms; this.#pongs === before;) {
      if (now() > end) return false;
      await pause(2);
    }
    return true;
  }

  async #serve(wire: Wire): Promise<void> {
    this.#wire = wire;
    const { version } = this;
    wire.send(this.#packets.connect({
      clientId: this.name,
      clean: false,
      properties: version === 5 ? [property.sessionExpiry(100_000)] : [],
    }));
    try {
      await wire.read((packet) => this.#take(wire, packet));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#anomaly(text);
    }
    wire.close();
    this.#wire = null;
    this.#isAttached = false;
  }

  #take(wire: Wire, packet: ReadPacket): void {
    const { type } = packet;
    if (type === 2) this.#attached(wire, packet);
    else if (type === 3) wire.send(this.receiver.published(packet));
    else if (type === 6) wire.send(this.receiver.released(packet));
    else if (type === 9 || type === 11) this.#subscribed(wire, packet);
    else if (type === 13) this.#pongs++;
    // 0x8b: it stops; 0x8e: a newer connection of this very client.
    else if (type === 14) {
      const isFull = packet.code === 0x97 && this.#world.mayRefuse;
      if (packet.code !== 0x8b && packet.code !== 0x8e && !isFull) {
        this.#anomaly(`was disconnected with 0x${packet.code.toString(16)}`);
      }
    } else {
      const answer = this.sender.answered(packet);
      if (answer !== null) wire.send(answer);
    }
  }

  #subscribed(wire: Wire, packet: ReadPacket): void {
    if (this.subscriptions.answered(packet)) return;
    if (!this.#world.mayRefuse) throw new Error("SUBSCRIBE was refused");
    this.#wasRefused = true;
    wire.close();
  }

  #attached(wire: Wire, { code, sessionPresent }: ReadPacket): void {
    // A broker that is just stopping may say that it is not available.
    if (code === 0x88 || code === 0x8b || code === 3) return wire.close();
    if (code !== 0) throw new Error(`CONNECT was answered with ${code}`);
    if (!sessionPresent) {
      if (this.establishedAt > 0) {
        this.lost.push({ at: now(), made: this.establishedAt });
        this.receiver.sessionLost();
        this.subscriptions.forget(0);
      }
      this.establishedAt = now();
    }
    for (const frame of this.subscriptions.resume()) wire.send(frame);
    for (const frame of this.sender.resume(sessionPresent)) wire.send(frame);
    this.#isAttached = true;
    this.#act(wire);
  }

  async #act(wire: Wire): Promise<void> {
    const random = this.#random;
    while (wire.isOpen) {
      await pause(random.below(8));
      if (!this.#world.isBusy || !wire.isOpen) continue;
      const dice = random.next();
      if (dice < 0.02) wire.close();
      else if (dice < 0.03) wire.send(this.#packets.disconnect());
      else if (dice < 0.05) this.#toggle();
      else if (dice < 0.10) wire.hold(random.below(50));
      else if (dice < 0.70) this.#publishSome();
    }
  }

  #publishSome(): void {
    const random = this.#random;
    for (let count = random.between(1, 8); count > 0; count--) {
      if (this.sender.pending >= MOST_PENDING) return;
      const qos = random.chance(0.5) ? 1 : 2;
      // Some are longer than a block of the store.
      const size = random.chance(0.02)
        ? random.between(60_000, 200_000)
        : random.below(random.chance(0.1) ? 4000 : 100);
      if (random.chance(0.15)) {
        // One QoS a topic: sent again, a QoS 1 message takes effect again, and
        // a QoS 2 message behind it does not.
        const place = random.below(RETAINED_TOPICS);
        const topic = `r/${this.name}/${place}`;
        const padding = random.chance(0.1) ? -1 : size;
        this.#publish(topic, place === 0 ? 1 : 2, padding);
      } else this.#publish(random.pick(LIVE_TOPICS), qos, size);
    }
  }

  /** `size` is that of the padding; -1 removes what is retained. */
  #publish(
    topic: string,
    qos: 1 | 2,
    size: number,
    isProbe = false,
  ): Published {
    const message = this.#world.account.enter({
      ...{ publisher: this.name, topic, qos, isProbe },
      retain: topic.startsWith("r/"),
      order: ++this.#order,
      sentAt: now(),
    }, size);
    this.#wire?.send(this.sender.publish(message));
    return message;
  }

  #toggle(): void {
    const place = this.#random.below(FILTERS.length);
    const qos = this.#random.chance(0.3) ? 1 : 2;
    const frame = this.subscriptions.toggle(FILTERS[place], qos, place + 1);
    if (frame !== null) this.#wire?.send(frame);
  }

  #absence(): number {
    if (this.#wasRefused) {
      this.#wasRefused = false;
      return 100;
    }
    if (!this.#world.isBusy) return 0;
    const random = this.#random;
    return random.chance(0.2) ? random.between(200, 500) : random.below(60);
  }

  #anomaly(text: string): void {
    const { account } = this.#world;
    account.anomalies.push(`${this.name}: ${text} (${account.tell(now())})`);
  }
}
