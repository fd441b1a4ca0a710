import type { QoS } from "./version.ts";

/** How a subscription wants its messages (MQTT 5.0, 3.8.3.1). */
export interface SubscriptionOptions {
  /** Highest quality of service to deliver with. */
  readonly qos: QoS;
  /** Do not send back what the subscriber itself published. */
  readonly noLocal: boolean;
  /** Keep the RETAIN flag as it was published. */
  readonly retainAsPublished: boolean;
  /** 0 send retained, 1 only when the subscription is new, 2 never. */
  readonly retainHandling: 0 | 1 | 2;
  /** Subscription identifier, 1 to 268,435,455; 0 for none. */
  readonly identifier: number;
}
