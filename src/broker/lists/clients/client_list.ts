import type { ClientQuery, PageQuery } from "../../../admin/protocol/mod.ts";
import type { Registry, Session } from "../../../session/mod.ts";
import { conditionOf } from "./client_filter.ts";
import {
  CLIENT_COLUMNS,
  type ClientRow,
  clientRow,
  type RowSources,
} from "./client_row.ts";
import { orderOf } from "../walk/page.ts";
import {
  AllSessions,
  OneSession,
  Receivers,
} from "../subscriptions/session_source.ts";
import { SortedWalk, type Source } from "../walk/sorted_walk.ts";

/**
 * Returns the walk that makes a page of clients with a session. A client id alone
 * is one lookup; a topic visits its receivers alone.
 *
 * @throws {AdminRefusal} 400 for a query without a meaning.
 */
export function clientWalk(
  registry: Registry,
  query: ClientQuery & PageQuery,
  sources: RowSources,
): SortedWalk<Session, ClientRow> {
  const order = orderOf(query, Object.keys(CLIENT_COLUMNS));
  const condition = conditionOf(query);
  return new SortedWalk(sourceOf(registry, query), {
    cost: condition.cost,
    matches: query.id !== undefined && query.topic !== undefined
      ? (session) => session.clientId === query.id && condition.holds(session)
      : condition.holds,
    idOf: ({ clientId }) => clientId,
    keyOf: CLIENT_COLUMNS[order.column],
    rowOf: (session) => clientRow(session, sources),
  }, order);
}

function sourceOf(
  registry: Registry,
  { id, topic }: ClientQuery,
): Source<Session> {
  if (topic !== undefined) return new Receivers(registry, topic);
  return id === undefined
    ? new AllSessions(registry)
    : new OneSession(registry.get(id));
}
