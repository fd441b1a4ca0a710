import { type DropNote, NEVER, type Session } from "../../../session/mod.ts";
import type { Registry } from "../../../session/mod.ts";
import { SubscriptionCursor } from "../../../router/reading/mod.ts";
import {
  type ClientRow,
  clientRow,
  connectionOf,
  type RowSources,
} from "./client_row.ts";

import { AdminRefusal } from "../../../admin/protocol/mod.ts";
import {
  type SubscriptionRow,
  subscriptionRow,
} from "../subscriptions/subscription_list.ts";

/** Subscriptions that the answer has; a list has all of them. */
const SUBSCRIPTIONS_SHOWN = 100;

/** Messages dropped for one reason. */
export interface DropRow {
  readonly reason: string;
  readonly count: number;
  /** Date of the last one, ISO 8601. */
  readonly lastAt: string;
  /** Topic of the last one; the beginning of a long one. */
  readonly lastTopic: string;
}

/** One client, with all that is known about it. */
export interface ClientDetail extends ClientRow {
  /** The end of its session unless it connects, ISO 8601; null for never. */
  readonly expiresAt: string | null;
  /** The prefix of its topics; null without one. */
  readonly mountPoint: string | null;
  readonly isBridge: boolean;
  /** The authenticator that accepted it; null without one. */
  readonly authenticator: string | null;
  readonly groups: readonly string[];
  /** The end of its login, ISO 8601; null for never. */
  readonly loginEndsAt: string | null;
  readonly certificateFacts: {
    readonly subject: string;
    readonly issuer: string;
    readonly serial: string;
    /** SHA-256, lowercase hex. */
    readonly fingerprint: string;
    /** ISO 8601. */
    readonly notAfter: string;
  } | null;
  readonly will: {
    readonly topic: string;
    readonly qos: number;
    readonly retain: boolean;
    /** Seconds. */
    readonly delay: number;
    /** Bytes of the payload. */
    readonly bytes: number;
  } | null;
  /** Why the broker does not read from it now; null while it reads. */
  readonly paused: string | null;
  /** Messages above QoS 0 that may be in flight to it; null while away. */
  readonly receiveMaximum: number | null;
  /** Bytes of the largest packet that it accepts; null for no bound, or away. */
  readonly maximumPacketSize: number | null;
  /** QoS 2 messages from it that are not released. */
  readonly unreleased: number;
  /** Messages that it did not get, since the broker's start. */
  readonly notDelivered: readonly DropRow[];
  /** Messages from it that were not accepted, since the broker's start. */
  readonly notAccepted: readonly DropRow[];
  /** The oldest 100 of its subscriptions. */
  readonly subscribed: readonly SubscriptionRow[];
}

/**
 * Returns all that is known about a client with a session. `ends` of `sources`
 * are shown without a bound.
 *
 * @throws {AdminRefusal} 404 without a session.
 */
export function clientDetail(
  registry: Registry,
  clientId: string,
  sources: RowSources,
): ClientDetail {
  const session = sessionOfClient(registry, clientId);
  const { identity, will, expiryInterval, detachedAt, connection } = session;
  const { dateOf } = sources;
  const limit = connection?.sender.sendLimit ?? Infinity;
  const row = clientRow(session, sources);
  return {
    ...row,
    lastEnds: sources.endsOf(clientId),
    expiresAt: connection !== null || expiryInterval === NEVER
      ? null
      : dateOf(detachedAt + expiryInterval * 1000),
    mountPoint: session.mountPoint?.text ?? null,
    isBridge: session.bridge,
    authenticator: identity.link ?? null,
    groups: identity.groups ?? [],
    loginEndsAt: identity.expiresAt === undefined
      ? null
      : new Date(identity.expiresAt).toISOString(),
    certificateFacts: factsOf(session),
    will: will === null ? null : {
      topic: will.message.topic.text,
      qos: will.message.qos,
      retain: will.message.retain,
      delay: will.delay,
      bytes: will.message.payloadLength,
    },
    paused: connectionOf(session)?.pump.paused ?? null,
    receiveMaximum: connection?.sender.sendMaximum ?? null,
    maximumPacketSize: limit === Infinity ? null : limit,
    unreleased: session.receivedSize,
    notDelivered: dropRows(session.queue.drops, dateOf),
    notAccepted: dropRows(session.refusals, dateOf),
    subscribed: subscriptionsOf(registry, session),
  };
}

/**
 * Returns the session of a client.
 *
 * @throws {AdminRefusal} 404 without one.
 */
export function sessionOfClient(registry: Registry, clientId: string): Session {
  const session = registry.get(clientId);
  if (session !== undefined) return session;
  throw new AdminRefusal(
    404,
    "no-such-client",
    `no client has the id ${JSON.stringify(clientId.slice(0, 200))}, and no ` +
      "session of it is kept",
  );
}

function factsOf(session: Session): ClientDetail["certificateFacts"] {
  const facts = connectionOf(session)?.certificate?.facts ??
    session.identity.certificate ?? null;
  if (facts === null) return null;
  const { subject, issuer, serial, fingerprint, notAfter } = facts;
  const isDate = Math.abs(notAfter) <= 8.64e15;
  return {
    subject,
    issuer,
    serial,
    fingerprint,
    notAfter: isDate ? new Date(notAfter).toISOString() : "",
  };
}

function dropRows(
  notes: readonly DropNote[],
  dateOf: (time: number) => string,
): DropRow[] {
  return notes.map((note) => ({ ...note, lastAt: dateOf(note.lastAt) }));
}

function subscriptionsOf(
  { context: { router } }: Registry,
  session: Session,
): SubscriptionRow[] {
  const rows: SubscriptionRow[] = [];
  const cursor = new SubscriptionCursor(router.table, session);
  while (!cursor.done && rows.length < SUBSCRIPTIONS_SHOWN) {
    const one = cursor.step();
    if (one !== null) rows.push(subscriptionRow(one));
  }
  return rows;
}
