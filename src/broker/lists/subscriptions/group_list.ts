import {
  AdminRefusal,
  type GroupName,
  type GroupQuery,
  type PageQuery,
} from "../../../admin/protocol/mod.ts";
import type { Registry } from "../../../session/mod.ts";
import {
  MemberCursor,
  type Subscription,
} from "../../../router/reading/mod.ts";

import { orderOf } from "../walk/page.ts";
import { AllSessions, OneSession, sessionOf } from "./session_source.ts";
import type { SortKey } from "../walk/smallest_rows.ts";
import { SortedWalk } from "../walk/sorted_walk.ts";
import { fullFilter, SubscriptionsOf } from "./subscription_list.ts";

/** One shared group (MQTT 5.0, 4.8.2). */
export interface GroupRow {
  /** The share name. */
  readonly name: string;
  /** The filter, without `$share/` and the share name. */
  readonly filter: string;
  /** Sessions in it, connected or away. */
  readonly members: number;
}

/** One member of a shared group. */
export interface MemberRow {
  /** Client id. */
  readonly client: string;
  /** Whether the client is connected. */
  readonly connected: boolean;
  readonly qos: number;
  /** Messages that wait for it, and those in flight; of all its subscriptions. */
  readonly backlog: number;
  readonly inflight: number;
}

/** Units of work of a visit: the text of a filter is made from its levels. */
const VISIT = 3;

const COLUMNS: Readonly<
  Record<string, (of: Subscription, members: number) => SortKey>
> = {
  name: ({ share }) => share,
  filter: ({ filter }) => filter,
  members: (_, members) => members,
};

const MEMBER_COLUMNS: Readonly<Record<string, (of: Subscription) => SortKey>> =
  {
    client: ({ subscriber }) => subscriber.clientId,
    connected: (one) => sessionOf(one).connection === null ? 0 : 1,
    qos: ({ qos }) => qos,
    backlog: (one) => sessionOf(one).queue.waiting,
    inflight: (one) => sessionOf(one).queue.inflight,
  };

/**
 * Returns the walk that makes a page of shared groups: each is found at its
 * members, and is one row.
 *
 * @throws {AdminRefusal} 400 for a query without a meaning.
 */
export function groupWalk(
  registry: Registry,
  query: GroupQuery & PageQuery,
): SortedWalk<Subscription, GroupRow> {
  const order = orderOf(query, Object.keys(COLUMNS));
  const { router } = registry.context;
  const { contains = "" } = query;
  const membersOf = ({ share, filter }: Subscription) =>
    router.table.group(filter, share!)?.members.items.length ?? 0;
  const sessions = router.sharedSubscriptionCount === 0
    ? new OneSession(undefined)
    : new AllSessions(registry);
  return new SortedWalk(new SubscriptionsOf(registry, sessions), {
    cost: VISIT,
    matches: (one) =>
      one.share !== null &&
      (contains === "" || fullFilter(one).includes(contains)),
    idOf: fullFilter,
    keyOf: (one) => COLUMNS[order.column](one, membersOf(one)),
    rowOf: (one) => ({
      name: one.share!,
      filter: one.filter,
      members: membersOf(one),
    }),
  }, order);
}

/**
 * Returns the walk that makes a page of the members of a shared group.
 *
 * @throws {AdminRefusal} 404 for a group without members, 400 for a query without
 * a meaning.
 */
export function memberWalk(
  { context: { router } }: Registry,
  { name, filter }: GroupName,
  query: PageQuery,
): SortedWalk<Subscription, MemberRow> {
  const order = orderOf(query, Object.keys(MEMBER_COLUMNS));
  const group = router.table.group(filter, name);
  if (group === null) {
    throw new AdminRefusal(
      404,
      "no-such-group",
      `no client is in the shared group ${name} of ${filter}`,
    );
  }
  return new SortedWalk(new MemberCursor(group.members), {
    cost: 1,
    matches: () => true,
    idOf: ({ subscriber }) => subscriber.clientId,
    keyOf: MEMBER_COLUMNS[order.column],
    rowOf: (one) => {
      const { connection, queue } = sessionOf(one);
      return {
        client: one.subscriber.clientId,
        connected: connection !== null,
        qos: one.qos,
        backlog: queue.waiting,
        inflight: queue.inflight,
      };
    },
  }, order);
}
