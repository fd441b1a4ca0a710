import type { ProtocolVersion } from "../../../mqtt/mod.ts";
import {
  type Connection,
  type DropNote,
  NEVER,
  type Session,
} from "../../../session/mod.ts";
import type { SortKey } from "../walk/smallest_rows.ts";

/** Names of the protocol versions. */
const VERSIONS: Readonly<Record<ProtocolVersion, string>> = {
  3: "3.1",
  4: "3.1.1",
  5: "5.0",
};

/** Numbers of one reason. */
export interface ReasonCount {
  readonly reason: string;
  readonly count: number;
}

/** An end of a connection of a client. */
export interface RecentEnd {
  /** Time of the end, ISO 8601. */
  readonly at: string;
  /** As counted. */
  readonly reason: string;
}

/** Parts of a row that its session does not have. */
export interface RowSources {
  /** Returns the date of a time by `Clock.now`, ISO 8601. */
  readonly dateOf: (time: number) => string;
  /** Returns the type of a listener; null for one that is gone. */
  readonly typeOf: (listener: string) => string | null;
  /** Returns the latest ends of connections of a client, the last one first. */
  readonly endsOf: (clientId: string) => readonly RecentEnd[];
}

/** One client with a session, connected or away. */
export interface ClientRow {
  /** Client id. */
  readonly id: string;
  readonly state: "connected" | "away";
  /** User name; null without one. */
  readonly user: string | null;
  /** IP address; the last one while away. */
  readonly address: string | null;
  /** TCP port of the client; null while away. */
  readonly port: number | null;
  /** Type of its listener, such as `tcp` or `wss`. */
  readonly protocol: string | null;
  /** Version of MQTT: 3.1, 3.1.1 or 5.0; null while away. */
  readonly version: string | null;
  /** Name of its listener; the last one while away. */
  readonly listener: string | null;
  /** Subject of its certificate; null without one. */
  readonly certificate: string | null;
  /** ISO 8601; null while away. */
  readonly connectedSince: string | null;
  /** ISO 8601; null while connected. */
  readonly awaySince: string | null;
  /** Seconds; 0 for none, null while away. */
  readonly keepAlive: number | null;
  /** Session Expiry Interval in seconds; null for never. */
  readonly expiry: number | null;
  readonly subscriptions: number;
  /** Messages sent and not acknowledged. */
  readonly inflight: number;
  /** Messages that wait, and their bytes. */
  readonly backlog: number;
  readonly backlogBytes: number;
  /** Bytes that wait for its socket. */
  readonly outboundBytes: number;
  /** Since it connected; 0 while away. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** PUBLISH packets since it connected; 0 while away. */
  readonly messagesReceived: number;
  readonly messagesSent: number;
  /** Messages to it and from it that were dropped since the broker's start. */
  readonly dropped: number;
  /** The same by reason. */
  readonly drops: readonly ReasonCount[];
  /** The latest ends of its connections, the last one first. */
  readonly lastEnds: readonly RecentEnd[];
}

/** Ends of connections in a row; a single client has more. */
const ENDS_SHOWN = 3;

/** Returns the connection of a session, or null. */
export function connectionOf(session: Session): Connection | null {
  // Only connections attach to sessions.
  return session.connection as Connection | null;
}

/** Returns the IP address of the client; the last one while away, or null. */
export function addressOf(session: Session): string | null {
  return connectionOf(session)?.hostname ?? session.identity.hostname ?? null;
}

/** Returns the name of the client's listener; the last one while away, or null. */
export function listenerOf(session: Session): string | null {
  return connectionOf(session)?.listener.name ?? session.identity.listener ??
    null;
}

/** Returns the subject of the client's certificate, or null. */
export function certificateOf(session: Session): string | null {
  const certificate = connectionOf(session)?.certificate ?? null;
  const facts = certificate?.facts ?? session.identity.certificate ?? null;
  return facts?.subject ?? certificate?.username ?? null;
}

/** The columns that clients may be sorted by. */
export const CLIENT_COLUMNS: Readonly<
  Record<string, (session: Session) => SortKey>
> = {
  id: ({ clientId }) => clientId,
  state: ({ connection }) => connection === null ? "away" : "connected",
  user: ({ identity }) => identity.username,
  address: addressOf,
  version: (session) => connectionOf(session)?.version ?? null,
  listener: listenerOf,
  certificate: certificateOf,
  connectedSince: ({ connection, attachedAt }) =>
    connection === null ? null : attachedAt,
  awaySince: ({ detachedAt }) => detachedAt === 0 ? null : detachedAt,
  keepAlive: (session) => connectionOf(session)?.patience ?? null,
  expiry: ({ expiryInterval }) => expiryInterval,
  subscriptions: ({ subscriptions }) => subscriptions,
  inflight: ({ queue }) => queue.inflight,
  backlog: ({ queue }) => queue.waiting,
  backlogBytes: ({ queue }) => queue.waitingBytes,
  outboundBytes: ({ connection }) => connection?.sender.outbox.waiting ?? 0,
  bytesReceived: (session) => connectionOf(session)?.pump.bytesReceived ?? 0,
  bytesSent: ({ connection }) => connection?.sender.outbox.bytesSent ?? 0,
  messagesReceived: (session) => connectionOf(session)?.publishReceived ?? 0,
  messagesSent: ({ connection }) => connection?.sender.publishSent ?? 0,
  dropped: ({ dropped }) => dropped,
};

/** Returns the row of a session, as it is now. */
export function clientRow(session: Session, sources: RowSources): ClientRow {
  const { queue, identity, detachedAt, clientId, expiryInterval } = session;
  const connection = connectionOf(session);
  const outbox = connection?.sender.outbox ?? null;
  const listener = listenerOf(session);
  const { dateOf } = sources;
  return {
    id: clientId,
    state: connection === null ? "away" : "connected",
    user: identity.username,
    address: addressOf(session),
    port: connection?.port ?? null,
    protocol: listener === null ? null : sources.typeOf(listener),
    version: connection === null ? null : VERSIONS[connection.version],
    listener,
    certificate: certificateOf(session),
    connectedSince: connection === null ? null : dateOf(session.attachedAt),
    awaySince: detachedAt === 0 ? null : dateOf(detachedAt),
    keepAlive: connection === null ? null : connection.patience / 1500,
    expiry: expiryInterval === NEVER ? null : expiryInterval,
    subscriptions: session.subscriptions,
    inflight: queue.inflight,
    backlog: queue.waiting,
    backlogBytes: queue.waitingBytes,
    outboundBytes: outbox?.waiting ?? 0,
    bytesReceived: connection?.pump.bytesReceived ?? 0,
    bytesSent: outbox?.bytesSent ?? 0,
    messagesReceived: connection?.publishReceived ?? 0,
    messagesSent: connection?.sender.publishSent ?? 0,
    dropped: session.dropped,
    drops: session.dropped === 0 ? NONE : dropsOf(session),
    lastEnds: sources.endsOf(clientId).slice(0, ENDS_SHOWN),
  };
}

const NONE: readonly never[] = [];

/** Returns the drops of both directions by reason. */
function dropsOf({ queue, refusals }: Session): ReasonCount[] {
  const counts = new Map<string, number>();
  const count = ({ reason, count }: DropNote) =>
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  queue.drops.forEach(count);
  refusals.forEach(count);
  return [...counts].map(([reason, count]) => ({ reason, count }));
}
