import type {
  PageQuery,
  SubscriptionQuery,
} from "../../../admin/protocol/mod.ts";
import { sharedFilter } from "../../../mqtt/mod.ts";
import type { Registry, Session } from "../../../session/mod.ts";
import {
  type Subscription,
  SubscriptionCursor,
} from "../../../router/reading/mod.ts";
import { orderOf, type PageOrder } from "../walk/page.ts";
import {
  AllSessions,
  MatchingSource,
  OneSession,
  sessionOf,
} from "./session_source.ts";
import type { SortKey } from "../walk/smallest_rows.ts";
import {
  type ListShape,
  SortedWalk,
  type Source,
} from "../walk/sorted_walk.ts";

/** One subscription. */
export interface SubscriptionRow {
  /** Client id. */
  readonly client: string;
  /** As the client subscribed, with `$share/` and the mount point. */
  readonly filter: string;
  /** The share name; null for one that is not shared. */
  readonly group: string | null;
  /** The Subscription Options, and the identifier; 0 for none. */
  readonly qos: number;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: number;
  readonly identifier: number;
  /** Whether the client is connected. */
  readonly connected: boolean;
}

/** Units of work of a visit: the text of a filter is made from its levels. */
const VISIT = 3;

const COLUMNS: Readonly<Record<string, (of: Subscription) => SortKey>> = {
  client: ({ subscriber }) => subscriber.clientId,
  filter: fullFilter,
  group: ({ share }) => share,
  qos: ({ qos }) => qos,
};

/**
 * Returns the walk that makes a page of subscriptions.
 *
 * @throws {AdminRefusal} 400 for a query without a meaning.
 */
export function subscriptionWalk(
  registry: Registry,
  query: SubscriptionQuery & PageQuery,
): SortedWalk<Subscription, SubscriptionRow> {
  const order = orderOf(query, Object.keys(COLUMNS));
  return new SortedWalk(
    sourceOf(registry, query),
    shapeOf(query, order),
    order,
  );
}

/** Returns the row of a subscription, as it is now. */
export function subscriptionRow(one: Subscription): SubscriptionRow {
  const { options } = one;
  return {
    client: one.subscriber.clientId,
    filter: fullFilter(one),
    group: one.share,
    qos: options.qos,
    noLocal: options.noLocal,
    retainAsPublished: options.retainAsPublished,
    retainHandling: options.retainHandling,
    identifier: options.identifier,
    connected: sessionOf(one).connection !== null,
  };
}

function shapeOf(
  { client, contains = "", shared }: SubscriptionQuery,
  { column }: PageOrder,
): ListShape<Subscription, SubscriptionRow> {
  return {
    cost: VISIT,
    matches: (one) =>
      (shared === undefined || (one.share !== null) === shared) &&
      (client === undefined || one.subscriber.clientId === client) &&
      (contains === "" || fullFilter(one).includes(contains)),
    // A client id has no NUL character [MQTT-1.5.4-2].
    idOf: (one) => `${one.subscriber.clientId}\0${fullFilter(one)}`,
    keyOf: COLUMNS[column],
    rowOf: subscriptionRow,
  };
}

function sourceOf(
  registry: Registry,
  { client, topic, shared }: SubscriptionQuery,
): Source<Subscription> {
  if (topic !== undefined) return new MatchingSource(registry, topic);
  if (client !== undefined) {
    const session = registry.get(client);
    return new SubscriptionsOf(registry, new OneSession(session));
  }
  const { router } = registry.context;
  const isNone = shared === true && router.sharedSubscriptionCount === 0;
  return new SubscriptionsOf(
    registry,
    isNone ? new OneSession(undefined) : new AllSessions(registry),
  );
}

/** Visits all subscriptions of the sessions of a source. */
export class SubscriptionsOf implements Source<Subscription> {
  readonly #registry: Registry;
  readonly #sessions: Source<Session>;
  #cursor: SubscriptionCursor | null = null;

  constructor(registry: Registry, sessions: Source<Session>) {
    this.#registry = registry;
    this.#sessions = sessions;
  }

  get done(): boolean {
    return this.#cursor === null && this.#sessions.done;
  }

  step(): Subscription | null {
    if (this.#cursor === null) {
      const session = this.#sessions.step();
      if (session === null || session.subscriptions === 0) return null;
      const { table } = this.#registry.context.router;
      this.#cursor = new SubscriptionCursor(table, session);
    }
    const found = this.#cursor.step();
    if (this.#cursor.done) this.#cursor = null;
    return found;
  }
}

/** Returns the filter with `$share/` and the share name. */
export function fullFilter({ filter, share }: Subscription): string {
  return share === null ? filter : sharedFilter(share, filter);
}
