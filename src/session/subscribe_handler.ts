import { decodeSubscribe, encodeSuback, type Frame } from "../codec/mod.ts";
import {
  levelCount,
  ProtocolError,
  type QoS,
  ReasonCode,
  type SubscribePacket,
  type SubscriptionRequest,
} from "../mqtt/mod.ts";
import { Delivery } from "../router/mod.ts";
import type { Connection } from "./connection.ts";
import { isLonger, type ReadFilter, readFilter } from "./filter.ts";
import { sendGated } from "./send_gated.ts";
import type { Session } from "./session.ts";

/** What 3.x clients are told instead of any code above 0x7F (3.9.3). */
const FAILURE_V3 = 0x80;

/** A request that was granted. */
interface Granted {
  readonly filter: string;
  readonly shared: boolean;
  readonly isNew: boolean;
  readonly qos: QoS;
  readonly request: SubscriptionRequest;
}

/** SUBSCRIBE (3.8): all codes in one SUBACK, then what is retained. */
export function handleSubscribe(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): void {
  const packet = decodeSubscribe(chunk, frame, connection.version);
  const session = connection.session!;
  // All of them first: a packet that ends the connection does nothing else.
  const filters = packet.requests.map((one) => readRequest(connection, one));
  const codes: number[] = [];
  const granted: Granted[] = [];
  for (const [index, request] of packet.requests.entries()) {
    const filter = filters[index];
    const answer = subscribe(connection, session, packet, request, filter);
    if (typeof answer === "number") {
      codes.push(connection.version === 5 ? answer : FAILURE_V3);
    } else {
      codes.push(answer.qos);
      granted.push(answer);
    }
  }
  const { packetId } = packet;
  const suback = encodeSuback(
    { type: 9, packetId, codes, properties: {} },
    connection.version,
  );
  // A refusal alone has no effect that could be lost.
  if (granted.length === 0) connection.sender.send(suback);
  else sendGated(connection, 9, packetId, suback);
  for (const grant of granted) feed(connection, session, packet, grant);
}

function readRequest(
  connection: Connection,
  request: SubscriptionRequest,
): ReadFilter {
  const read = readFilter(request.filter, connection);
  if (read.group !== null && request.noLocal) {
    throw new ProtocolError( // [MQTT-3.8.3-4]
      ReasonCode.ProtocolError,
      "No Local on a shared subscription",
    );
  }
  return read;
}

function subscribe(
  connection: Connection,
  session: Session,
  packet: SubscribePacket,
  request: SubscriptionRequest,
  { filter, group }: ReadFilter,
): Granted | ReasonCode {
  const { context, listener } = connection;
  const refusal = refuse(connection, session, filter, group);
  if (refusal !== null) return refusal;
  const qos = Math.min(request.qos, listener.maxQos) as QoS;
  const identifier = packet.properties.subscriptionIdentifier ?? 0;
  const isNew = context.router.subscribe(session, filter, group, {
    qos,
    noLocal: request.noLocal || (session.bridge && group === null),
    retainAsPublished: request.retainAsPublished || session.bridge,
    retainHandling: request.retainHandling,
    identifier,
  });
  if (isNew) session.subscriptions++;
  return { filter, shared: group !== null, isNew, qos, request };
}

function refuse(
  connection: Connection,
  session: Session,
  filter: string,
  group: string | null,
): ReasonCode | null {
  const { options, authorizer, storeFull } = connection.context;
  if (group === null && filter.startsWith("$share/")) {
    return ReasonCode.SharedSubscriptionsNotSupported;
  }
  if (!options.wildcardAvailable && /[+#]/.test(filter)) {
    return ReasonCode.WildcardSubscriptionsNotSupported;
  }
  if (
    isLonger(filter, options.maxTopicLength) ||
    levelCount(filter) > options.maxTopicLevels
  ) return ReasonCode.TopicFilterInvalid;
  if (
    authorizer !== null && !authorizer.maySubscribe(session.identity, filter)
  ) return ReasonCode.NotAuthorized;
  // SUBACK promises that it lasts.
  if (
    storeFull && session.slot !== null &&
    !has(connection, session, filter, group)
  ) return ReasonCode.QuotaExceeded;
  if (
    session.subscriptions >= options.maxSubscriptions &&
    !has(connection, session, filter, group)
  ) return ReasonCode.QuotaExceeded;
  return null;
}

function has(
  connection: Connection,
  session: Session,
  filter: string,
  group: string | null,
): boolean {
  const { router } = connection.context;
  for (const entry of router.subscriptionsOf(session)) {
    if (entry.filter === filter && entry.group === group) return true;
  }
  return false;
}

function feed(
  connection: Connection,
  session: Session,
  packet: SubscribePacket,
  grant: Granted,
): void {
  // A shared subscription gets nothing that was retained before (4.8.2).
  if (grant.shared) return;
  const { retainHandling, noLocal } = grant.request;
  if (retainHandling === 2) return; // [MQTT-3.3.1-11]
  if (retainHandling === 1 && !grant.isNew) return; // [MQTT-3.3.1-10]
  const { router } = connection.context;
  const identifier = packet.properties.subscriptionIdentifier ?? 0;
  session.queue.stopFeed(grant.filter); // a replaced subscription's
  session.queue.feedRetained(
    grant.filter,
    router.retainedMatching(grant.filter),
    new Delivery(
      session,
      grant.qos,
      true,
      identifier === 0 ? null : [identifier],
      null,
    ),
    noLocal || session.bridge ? session.clientId : null,
  );
}
