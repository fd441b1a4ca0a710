import type { QoS } from "../../src/mqtt/mod.ts";
import { Delivery, Readiness } from "../../src/router/mod.ts";

/** A delivery at `qos` to somebody who does nothing with it. */
export function deliveryAt(qos: QoS): Delivery {
  const subscriber = {
    clientId: "c",
    slot: null,
    subscriptions: 0,
    readiness: () => Readiness.Free,
    deliver() {},
    receivable: (_: unknown, qos: QoS) => qos,
  };
  return new Delivery(subscriber, qos, false, null, null);
}
