import type { Message, QoS } from "../../mqtt/mod.ts";
import {
  type Delivery,
  Readiness,
  type SharedName,
  type Subscriber,
} from "./delivery.ts";
import { IndexedList, type Keyed } from "./indexed_list.ts";
import { hashText } from "../levels/topic_hash.ts";

/** Ways to choose the member of a shared group that gets a message. */
export type SharedStrategy =
  | "round-robin"
  | "random"
  | "sticky"
  | "hash-client"
  | "hash-topic";

/** The shared subscription of one session in its group. */
export type Member = Delivery & Keyed<Subscriber>;

/** The facts of a choice. */
export interface Choice {
  /** Decides which member comes first. */
  strategy: SharedStrategy;
  /** Returns numbers, at least 0 and below 1. */
  random: () => number;
  /** Hash of the topic. */
  topicHash: number;
  /** The publisher; null for the broker itself. */
  publisher: Subscriber | null;
  /** The message: members that may not receive it are passed over. */
  message: Message;
}

/** The sessions that share the messages of one filter (MQTT 5.0, 4.8.2). */
export class SharedGroup implements SharedName, Keyed<string> {
  readonly name: string;
  readonly filter: string;
  /** Its members; the table removes a group without any. */
  readonly members: IndexedList<Subscriber, Member> = new IndexedList();
  /** Round robin: the next member. Sticky: the member of the last message. */
  #position = 0;

  constructor(name: string, filter: string) {
    this.name = name;
    this.filter = filter;
  }

  /** Returns the share name: unique at its filter. */
  get key(): string {
    return this.name;
  }

  /**
   * Returns the member for the next message: the first that can send it at once,
   * beginning with the member that the strategy names. Without such a member, a
   * busy one comes before one that is away, and both before one that would drop
   * the message. Leaves out `except` and members that may not receive it;
   * returns null when no member is left.
   */
  choose(choice: Choice, except: Subscriber | null): Delivery | null {
    const members = this.members.items;
    const count = members.length;
    if (count === 0) return null;
    const first = this.#first(choice, count);
    const { message, strategy } = choice;
    let best = -1;
    let most = -1;
    for (let i = 0, at = first; i < count; i++) {
      const { subscriber, qos } = members[at];
      const least = message.qos < qos ? message.qos : qos;
      const allowed = subscriber === except
        ? -1
        : subscriber.receivable(message, least, this.filter);
      if (allowed >= 0) {
        const readiness = subscriber.readiness(message, allowed as QoS);
        if (readiness === Readiness.Free) return this.#take(strategy, at);
        if (readiness > most) {
          most = readiness;
          best = at;
        }
      }
      if (++at === count) at = 0;
    }
    return best < 0 ? null : this.#take(strategy, best);
  }

  /** Returns the first member. The remainder is for groups that lost members. */
  #first(choice: Choice, count: number): number {
    switch (choice.strategy) {
      case "round-robin":
      case "sticky":
        return this.#position % count;
      case "random":
        return Math.floor(choice.random() * count);
      case "hash-client":
        return hashText(choice.publisher?.clientId ?? "") % count;
      case "hash-topic":
        return (choice.topicHash >>> 0) % count;
    }
  }

  #take(strategy: SharedStrategy, at: number): Delivery {
    this.#position = strategy === "round-robin" ? at + 1 : at;
    return this.members.items[at];
  }
}
