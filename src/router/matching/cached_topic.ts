import { Topic } from "../../mqtt/mod.ts";
import type { Delivery } from "../subscribers/delivery.ts";
import type { Route } from "../subscribers/route.ts";

/**
 * A topic with its hash and, while it is in the match cache, its receivers.
 * Callers may keep the object for any time.
 */
export class CachedTopic extends Topic {
  /** Hash of the bytes, see `hashTopic`. */
  readonly hash: number;
  /** Whether no store keeps its messages. */
  volatile: boolean;
  /** Its slot in the match cache; -1 for a topic outside. */
  slot: number = -1;
  /** Second chance: whether it was used since the last try to evict it. */
  used = false;
  /** The router's generation up to which the route is valid; 0 without one. */
  generation = 0;
  /** The delivery of a topic with one receiver and no shared group, else null. */
  only: Delivery | null = null;
  /**
   * The route of a topic with more receivers, else null.
   * @internal
   */
  route: Route | null = null;

  /** Takes `bytes` over; the caller has checked the name. */
  constructor(
    text: string,
    bytes: Uint8Array,
    hash: number,
    volatile: boolean,
  ) {
    super(text, bytes);
    this.hash = hash;
    this.volatile = volatile;
  }

  /** Drops the receivers. */
  forget(): void {
    this.generation = 0;
    this.only = null;
    this.route = null;
  }
}
