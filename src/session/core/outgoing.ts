import type { Message, QoS } from "../../mqtt/mod.ts";
import type { Delivery } from "../../router/mod.ts";
import type { StoredBody, StoredEntry } from "../../store/mod.ts";

// Facts of a bit or two share one field.
const QOS = 0x03;
const RETAIN = 0x04;
const VOLATILE = 0x08;
const DIRTY = 0x10;
const SENT = 0x20;

/**
 * One message on its way to one session. It waits in the backlog without a
 * packet id, and then is in the in-flight window with one. There may be
 * millions, so each field counts.
 */
export class Outgoing implements StoredEntry {
  /** Null from PUBREC on, when only the packet id is needed. */
  message: Message | null;
  readonly delivery: Delivery;
  #flags: number;
  /** Owned by the store, as the next two and `dirty`; see `StoredEntry`. */
  number = 0;
  block = 0;
  body: StoredBody | null = null;
  /** 1 to 65,535 in the window, 0 before. */
  packetId = 0;
  /** Place in the order of first sending. */
  sequence = 0;

  /** `message` is null for a restored entry behind its PUBREC. */
  constructor(
    message: Message | null,
    qos: QoS,
    retain: boolean,
    delivery: Delivery,
  ) {
    this.message = message;
    this.delivery = delivery;
    this.#flags = qos | (retain ? RETAIN : 0) |
      (message !== null && message.volatile ? VOLATILE : 0);
  }

  /** Returns the QoS of the delivery. */
  get qos(): QoS {
    return (this.#flags & QOS) as QoS;
  }

  /** Returns the RETAIN flag of the delivery. */
  get retain(): boolean {
    return (this.#flags & RETAIN) !== 0;
  }

  /** Returns whether no store keeps it. */
  get volatile(): boolean {
    return (this.#flags & VOLATILE) !== 0;
  }

  /** Owned by the store. */
  get dirty(): boolean {
    return (this.#flags & DIRTY) !== 0;
  }
  set dirty(isDirty: boolean) {
    this.#flags = this.#flags & ~DIRTY | (isDirty ? DIRTY : 0);
  }

  /** Whether it was sent on the present connection. */
  get sent(): boolean {
    return (this.#flags & SENT) !== 0;
  }
  set sent(isSent: boolean) {
    this.#flags = this.#flags & ~SENT | (isSent ? SENT : 0);
  }
}
