import { Topic } from "../../mqtt/mod.ts";
import type { Delivery } from "../subscribers/delivery.ts";
import type { Route } from "../subscribers/route.ts";

/**
 * A topic as the router hands it out: with its hash and, while the match cache
 * holds it, where its messages go. It may be kept for as long as one likes.
 */
export class CachedTopic extends Topic {
  /** Of the bytes, see `hashTopic`. */
  readonly hash: number;
  /** Whether its messages are never stored. */
  volatile: boolean;
  /** Its slot in the match cache, -1 when it is not there. */
  slot: number = -1;
  /** Second chance: used since the cache last thought of evicting it. */
  used = false;
  /** The router's generation up to which the route holds; 0 without one. */
  generation = 0;
  /** The only delivery, when there is one and no shared group. */
  only: Delivery | null = null;
  /**
   * Where messages go when that is to more than one place.
   * @internal
   */
  route: Route | null = null;

  /** Takes over `bytes`; the caller has checked the name. */
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

  /** Forgets where messages go. */
  forget(): void {
    this.generation = 0;
    this.only = null;
    this.route = null;
  }
}
