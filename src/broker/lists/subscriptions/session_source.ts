import { validateTopicName } from "../../../mqtt/mod.ts";
import type { Registry, Session } from "../../../session/mod.ts";
import {
  MatchingCursor,
  type Subscription,
} from "../../../router/reading/mod.ts";
import type { Topic } from "../../../mqtt/mod.ts";
import { badRequest } from "../walk/bad_request.ts";
import type { Source } from "../walk/sorted_walk.ts";

/** Visits one session at most. */
export class OneSession implements Source<Session> {
  #session: Session | null;

  /** Undefined visits none. */
  constructor(session: Session | undefined) {
    this.#session = session ?? null;
  }

  get done(): boolean {
    return this.#session === null;
  }

  step(): Session | null {
    const session = this.#session;
    this.#session = null;
    return session;
  }
}

/** Visits all sessions. A map visits all items that stay, and each once. */
export class AllSessions implements Source<Session> {
  readonly #sessions: Iterator<Session>;
  done = false;

  constructor(registry: Registry) {
    this.#sessions = registry.all()[Symbol.iterator]();
  }

  step(): Session | null {
    const next = this.#sessions.next();
    if (next.done) this.done = true;
    return next.done ? null : next.value;
  }
}

/**
 * Visits the sessions that a topic filter of theirs makes receivers of a topic,
 * once for each such filter.
 */
export class Receivers implements Source<Session> {
  readonly #matching: MatchingSource;

  /** @throws {AdminRefusal} 400 for a topic name that is not valid. */
  constructor(registry: Registry, topicName: string) {
    this.#matching = new MatchingSource(registry, topicName);
  }

  get done(): boolean {
    return this.#matching.done;
  }

  step(): Session | null {
    const found = this.#matching.step();
    return found === null ? null : sessionOf(found);
  }
}

/** Visits the subscriptions, shared ones too, that match a topic. */
export class MatchingSource implements Source<Subscription> {
  readonly #cursor: MatchingCursor;
  readonly #topic: Topic;

  /** @throws {AdminRefusal} 400 for a topic name that is not valid. */
  constructor({ context: { router } }: Registry, topicName: string) {
    const fault = validateTopicName(topicName);
    if (fault !== null) {
      throw badRequest(`topic is not a topic name: ${fault}`);
    }
    this.#topic = router.topicOf(topicName);
    this.#cursor = new MatchingCursor(router.table, topicName);
  }

  get done(): boolean {
    return this.#cursor.done;
  }

  step(): Subscription | null {
    const found = this.#cursor.step();
    return found !== null && this.#isSeen(found) ? found : null;
  }

  /** Returns whether the filter also matches by the client's topic names. */
  #isSeen(found: Subscription): boolean {
    const { mountPoint } = sessionOf(found);
    return mountPoint === null ||
      (mountPoint.holds(this.#topic) &&
        mountPoint.matches(found.filter, this.#topic));
  }
}

/** Returns the session of a subscription. */
export function sessionOf({ subscriber }: Subscription): Session {
  // Only sessions subscribe.
  return subscriber as Session;
}
