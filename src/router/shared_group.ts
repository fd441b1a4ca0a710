import type { Message } from "../mqtt/mod.ts";
import type { Delivery, SharedName, Subscriber } from "./delivery.ts";
import { IndexedList, type Keyed } from "./indexed_list.ts";
import { hashText } from "./topic_hash.ts";

/** How a shared group chooses the member that gets a message. */
export type SharedStrategy =
  | "round-robin"
  | "random"
  | "sticky"
  | "hash-client"
  | "hash-topic";

/** A shared subscription of one session, seen from its group. */
export type Member = Delivery & Keyed<Subscriber>;

/** What a choice may depend on. */
export interface Choice {
  /** Says where to look first. */
  strategy: SharedStrategy;
  /** Gives numbers from 0 up to but not including 1. */
  random: () => number;
  /** Hash of the topic. */
  topicHash: number;
  /** Who published, or null for the broker itself. */
  publisher: Subscriber | null;
  /** What there is to get: whoever may not get it is passed over. */
  message: Message;
}

/** The sessions that share the messages of one filter (MQTT 5.0, 4.8.2). */
export class SharedGroup implements SharedName, Keyed<string> {
  readonly name: string;
  readonly filter: string;
  /** Its members; a group without any is removed from its filter. */
  readonly members: IndexedList<Subscriber, Member> = new IndexedList();
  /** Round robin: who is next. Sticky: who had the last one. */
  #position = 0;

  constructor(name: string, filter: string) {
    this.name = name;
    this.filter = filter;
  }

  /** The group's name: unique at its filter. */
  get key(): string {
    return this.name;
  }

  /**
   * The member for the next message: the strategy says where to look first,
   * then the first that can take it. When none can, one that will queue it.
   * Never `except` nor who may not get it; null when there is nobody else.
   */
  choose(choice: Choice, except: Subscriber | null): Delivery | null {
    const members = this.members.items;
    const count = members.length;
    if (count === 0) return null;
    const first = this.#first(choice, count);
    let waiting = -1;
    for (let i = 0, at = first; i < count; i++) {
      const subscriber = members[at].subscriber;
      if (subscriber !== except && mayGet(members[at], choice.message)) {
        if (subscriber.available) return this.#take(choice.strategy, at);
        if (waiting < 0) waiting = at;
      }
      if (++at === count) at = 0;
    }
    return waiting < 0 ? null : this.#take(choice.strategy, waiting);
  }

  /** Where to look first. Members may have left since, hence the remainders. */
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

function mayGet({ subscriber, qos }: Delivery, message: Message): boolean {
  const least = message.qos < qos ? message.qos : qos;
  return subscriber.receivable(message, least) >= 0;
}
