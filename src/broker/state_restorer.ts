import type { Message, QoS, SubscriptionOptions } from "../mqtt/mod.ts";
import { Delivery, type Router } from "../router/mod.ts";
import {
  type Context,
  Outgoing,
  type Registry,
  type Session,
} from "../session/mod.ts";
import type {
  RestoredEntry,
  RestoredSession,
  Restorer,
  RetainedPlace,
  StoredEntry,
  StoredSession,
  StoredSubscription,
} from "../store/mod.ts";

/** Retained messages taken back at a time. */
const STEPS = 1000;

/** Builds sessions and retained messages anew from what a store has of them. */
export class StateRestorer implements Restorer {
  readonly #registry: Registry;
  readonly #context: Context;
  readonly #router: Router;
  /** Estimated heap before the first part was restored. */
  readonly #heapBefore: { used: number; sessions: number };
  /** By QoS: how plain entries came to their sessions. */
  readonly #deliveries: Map<Session, Delivery>[] = [
    new Map(),
    new Map(),
    new Map(),
  ];

  /** Restored messages that `#` does not match [MQTT-4.7.2-1]. */
  readonly #dollarTopics: string[] = [];

  /** Nothing may be noted in a store meanwhile: `Durability.changes` is null. */
  constructor(registry: Registry) {
    const { context } = registry;
    this.#registry = registry;
    this.#context = context;
    this.#router = context.router;
    const { used, sessions } = context.router.heap;
    this.#heapBefore = { used, sessions };
  }

  /** Detached; its expiry and will delay do not run before `finish`. */
  session(stored: RestoredSession): StoredSession {
    const session = this.#registry.create(stored.clientId);
    session.identity = {
      clientId: stored.clientId,
      username: stored.username,
      isClaimed: stored.isClaimed,
    };
    session.expiryInterval = stored.expiryInterval;
    session.detachedAt = stored.detachedAt;
    session.bridge = stored.bridge;
    session.will = stored.will;
    if (stored.packetIds !== null) session.queue.restoreIds(stored.packetIds);
    session.restoreReceived(stored.received);
    return session;
  }

  /** Subscribes it without any word to it, and without what is retained. */
  subscription(
    session: StoredSession,
    filter: string,
    group: string | null,
    options: SubscriptionOptions,
  ): StoredSubscription {
    return this.#router.restoreSubscription(
      session as Session,
      filter,
      group,
      options,
    );
  }

  /** Behind its others: into the window when it has a packet id. */
  entry(session: StoredSession, stored: RestoredEntry): StoredEntry {
    const owner = session as Session;
    const { message, qos, retain, identifiers, group } = stored;
    const delivery = identifiers === null && group === null
      ? this.#plainDelivery(owner, qos)
      : new Delivery(owner, qos, true, identifiers, group);
    const entry = new Outgoing(message, qos, retain, delivery);
    entry.packetId = stored.packetId;
    owner.restore(entry);
    return entry;
  }

  /** All entries of a session that came alike share a delivery, as before. */
  #plainDelivery(owner: Session, qos: QoS): Delivery {
    const known = this.#deliveries[qos].get(owner);
    if (known !== undefined) return known;
    const made = new Delivery(owner, qos, true, null, null);
    this.#deliveries[qos].set(owner, made);
    return made;
  }

  /** Whatever the limits are now: what was promised stays. */
  retained(message: Message): RetainedPlace {
    const { text } = message.topic;
    if (text.startsWith("$")) this.#dollarTopics.push(text);
    return this.#router.retained.restore(message);
  }

  /** Null when nothing was retained for it. */
  retainedRemoved(topicName: string): RetainedPlace | null {
    return this.#router.retained.restoreRemoved(topicName);
  }

  /**
   * Takes back all that was restored: the store turned out to be damaged. No
   * client has been served before, so that all sessions there are came from it.
   */
  discard(): void {
    const { counters } = this.#context;
    const registry = this.#registry;
    for (const session of [...registry.all()]) {
      this.#router.unsubscribeAll(session);
      registry.discard(session);
    }
    counters.queuedMessages = counters.queuedBytes = 0;
    const topics = this.#dollarTopics;
    const cursor = this.#router.retainedMatching("#");
    // At that time nothing has expired: all of it is handed over.
    while (!cursor.done) {
      cursor.next(STEPS, -Infinity, ({ topic }) => topics.push(topic.text));
    }
    const { retained } = this.#router;
    for (const topicName of topics) retained.restoreRemoved(topicName);
    Object.assign(this.#router.heap, this.#heapBefore);
  }

  /** Everything is back: expiries and wills go on, counted through the pause. */
  finish(): void {
    const now = this.#context.clock.now();
    for (const session of [...this.#registry.all()]) {
      session.restored(now);
    }
  }
}
