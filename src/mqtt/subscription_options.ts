import type { QoS } from "./version.ts";

/** Subscription Options (MQTT 5.0, 3.8.3.1), and the identifier. */
export interface SubscriptionOptions {
  /** Maximum QoS of deliveries. */
  readonly qos: QoS;
  /** No Local: the subscriber does not get its own messages. */
  readonly noLocal: boolean;
  /** Retain As Published: deliveries keep the RETAIN flag. */
  readonly retainAsPublished: boolean;
  /** Retain Handling: 0 sends retained messages, 1 to new subscriptions, 2 never. */
  readonly retainHandling: 0 | 1 | 2;
  /** Subscription identifier, 1 to 268,435,455; 0 for none. */
  readonly identifier: number;
}
