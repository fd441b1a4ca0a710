import { Packets } from "../support/packets.ts";
import type { Version } from "../support/packets.ts";
import { property } from "../support/bytes.ts";
import type { ReadPacket } from "../support/read_packet.ts";
import type { Published } from "./account.ts";
import { FIRST_CONTROL_ID } from "./sender.ts";
import { now } from "./time.ts";

/** A subscription from the first SUBSCRIBE to UNSUBACK. 0: not yet. */
export interface Interval {
  readonly filter: string;
  readonly qos: 1 | 2;
  /** Subscription identifier of a 5.0 client. */
  readonly identifier: number;
  readonly askedAt: number;
  /** SUBACK was read. */
  grantedAt: number;
  /** UNSUBSCRIBE was first sent. */
  leavingAt: number;
  /** UNSUBACK was read. */
  leftAt: number;
}

/** What one client has subscribed to, and when. */
export class Subscriptions {
  readonly #version: Version;
  readonly #packets: Packets;
  readonly #unanswered = new Map<number, Interval>();
  /** All that ever were. */
  readonly intervals: Interval[] = [];
  #lastId = FIRST_CONTROL_ID;

  constructor(version: Version) {
    this.#version = version;
    this.#packets = new Packets(version);
  }

  /** SUBSCRIBE and UNSUBSCRIBE that have not been answered. */
  get pending(): number {
    return this.#open.filter((one) => one.grantedAt === 0 || one.leavingAt > 0)
      .length;
  }

  /** Subscribes to `filter`, or gives it up; null while that is under way. */
  toggle(filter: string, qos: 1 | 2, identifier: number): Uint8Array | null {
    const open = this.#open.find((one) => one.filter === filter);
    if (open !== undefined) {
      if (open.grantedAt === 0 || open.leavingAt > 0) return null;
      open.leavingAt = now();
      return this.#ask(open);
    }
    const interval = {
      ...{ filter, qos, identifier, askedAt: now() },
      ...{ grantedAt: 0, leavingAt: 0, leftAt: 0 },
    };
    this.intervals.push(interval);
    return this.#ask(interval);
  }

  /** What is to be asked again on a new connection. */
  resume(): Uint8Array[] {
    this.#unanswered.clear();
    return this.#open
      .filter((one) => one.grantedAt === 0 || one.leavingAt > 0)
      .map((one) => this.#ask(one));
  }

  /**
   * Takes SUBACK or UNSUBACK; false when the broker has no room. What was asked
   * then is asked again on the next connection. Throws at other refusals.
   */
  answered({ type, packetId, codes }: ReadPacket): boolean {
    const interval = this.#unanswered.get(packetId);
    if (interval === undefined) throw new Error("an answer to no SUBSCRIBE");
    this.#unanswered.delete(packetId);
    if (type === 11) interval.leftAt = now();
    else if (codes[0] === interval.qos) interval.grantedAt = now();
    else if (codes[0] === 0x97 || codes[0] === 0x80) return false;
    else throw new Error(`SUBSCRIBE ${interval.filter} got code ${codes[0]}`);
    return true;
  }

  /**
   * Holds nothing for granted that was answered since `since`: it was not on
   * disk yet, and is asked for again.
   */
  forget(since: number): void {
    for (const one of this.intervals) {
      if (one.leftAt >= since) one.leftAt = 0;
      if (one.leavingAt === 0 && one.grantedAt >= since) one.grantedAt = 0;
    }
  }

  /** Whether `message` has to come: it was acknowledged under a sure one. */
  mustGet(message: Published): boolean {
    return this.matching(message.topic).some((one) =>
      one.grantedAt > 0 && one.grantedAt < message.sentAt &&
      (one.leavingAt === 0 || message.acknowledgedAt < one.leavingAt)
    );
  }

  /** Whether `message` may have come at `time`. */
  mayGet(message: Published, time: number): boolean {
    return this.matching(message.topic).some((one) =>
      one.askedAt < time && (one.leftAt === 0 || one.leftAt > message.sentAt)
    );
  }

  /** Subscriptions, past ones too, whose filter matches `topic`. */
  matching(topic: string): Interval[] {
    return this.intervals.filter(({ filter }) =>
      filter === topic ||
      (filter.endsWith("+") &&
        filter.slice(0, -1) === topic.slice(0, topic.lastIndexOf("/") + 1))
    );
  }

  get #open(): Interval[] {
    return this.intervals.filter((one) => one.leftAt === 0);
  }

  #ask(interval: Interval): Uint8Array {
    const id = ++this.#lastId;
    this.#unanswered.set(id, interval);
    const { filter, qos, identifier, leavingAt } = interval;
    if (leavingAt > 0) return this.#packets.unsubscribe(id, [filter]);
    return this.#packets.subscribe(
      id,
      [[filter, qos]],
      this.#version === 5 ? [property.subscriptionIdentifier(identifier)] : [],
    );
  }
}
