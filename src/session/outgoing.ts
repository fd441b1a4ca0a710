import type { Message, QoS } from "../mqtt/mod.ts";
import type { Delivery } from "../router/mod.ts";
import type { StoredBody, StoredEntry } from "../store/mod.ts";

/**
 * One message on its way to one session. It waits in the backlog without a
 * packet id, then stands in the in-flight window with one.
 */
export class Outgoing implements StoredEntry {
  /** Null from PUBREC on: only the packet id is needed then. */
  message: Message | null;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly delivery: Delivery;
  /** Owned by the store, as the next three; see `StoredEntry`. */
  number = 0;
  block = 0;
  body: StoredBody | null = null;
  dirty = false;
  /** 1 to 65,535 in the window, 0 before. */
  packetId = 0;
  /** Place in the order of first sending. */
  sequence = 0;
  /** Whether it went out on the connection that is attached now. */
  sent = false;
  /** Whether no store will ever know of it. */
  readonly volatile: boolean;

  /** `message` is null for an entry restored from behind its PUBREC. */
  constructor(
    message: Message | null,
    qos: QoS,
    retain: boolean,
    delivery: Delivery,
  ) {
    this.message = message;
    this.qos = qos;
    this.retain = retain;
    this.delivery = delivery;
    this.volatile = message !== null && message.volatile;
  }
}
