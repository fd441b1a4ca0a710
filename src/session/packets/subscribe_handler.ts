import {
  decodeRequests,
  decodeSubscribeHead,
  encodeSuback,
  type Frame,
} from "../../codec/mod.ts";
import {
  isLonger,
  levelCount,
  type Properties,
  ProtocolError,
  type QoS,
  ReasonCode,
  type SubscriptionRequest,
} from "../../mqtt/mod.ts";
import { Delivery } from "../../router/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { type ReadFilter, readFilter } from "./filter.ts";
import type { FilterWork } from "../connection/filter_work.ts";
import { beginFilterWork, goOnLater, sendGated } from "./filter_list.ts";
import { isReservedFilter } from "../session/reserved_topic.ts";
import { grantableQos, isTooMany, refusalReason } from "./subscribe_access.ts";

/** Code of 3.x for all codes above 0x7F (3.9.3). */
const FAILURE_V3 = 0x80;

/** Reason to refuse a filter that would make matches slow. */
const TOO_MANY_SHAPES =
  "the topic filters of this session have wildcards at too many levels: " +
  "see limits.max_wildcard_levels_per_session";

/** A request before its judgement. */
interface Asked {
  readonly request: SubscriptionRequest;
  readonly read: ReadFilter;
  /** The QoS that the access rules allow, -1 for none. */
  readonly most: QoS | -1;
}

/** A granted request. */
interface Granted {
  /** Without any `$share/group/`. */
  readonly filter: string;
  /** Whether it is a shared subscription. */
  readonly shared: boolean;
  /** False when it replaces one with the same filter [MQTT-3.8.4-3]. */
  readonly isNew: boolean;
  /** At most the requested QoS. */
  readonly qos: QoS;
  readonly request: SubscriptionRequest;
}

/**
 * Handles SUBSCRIBE (3.8): sends all codes in one SUBACK, then retained messages;
 * those before SUBACK for a packet of many slices. Returns false when the packet
 * has to wait: the same bytes come again.
 */
export function handleSubscribe(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): boolean {
  const work = connection.filterWork ?? begin(connection, chunk, frame);
  const requests: SubscriptionRequest[] = [];
  const { version } = connection;
  const mayTakeEffect = work.read(
    frame,
    (at, slice) =>
      decodeRequests(requests, chunk, at, frame.end, version, slice),
  );
  const filters = requests.map((one) => readRequest(connection, one));
  if (!mayTakeEffect) return goOnLater(connection);
  const granted = judge(connection, work, requests, filters);
  if (granted === null) return false;
  const isLast = work.advance(frame);
  if (isLast) answer(connection, work);
  for (const grant of granted) feed(connection, work, grant);
  return isLast || goOnLater(connection);
}

function begin(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): FilterWork {
  const head = decodeSubscribeHead(chunk, frame, connection.version);
  return beginFilterWork(connection, head, chunk, frame, 1);
}

/**
 * Subscribes the requests of a slice in order, as if each had come in a packet of
 * its own [MQTT-3.8.4-5]. Returns null while the access server is asked.
 */
function judge(
  connection: Connection,
  work: FilterWork,
  requests: readonly SubscriptionRequest[],
  filters: readonly ReadFilter[],
): readonly Granted[] | null {
  const { codes } = work;
  const most = grantableQos(connection, requests, filters, codes.length);
  if (most === null) return null;
  const granted: Granted[] = [];
  for (const [index, request] of requests.entries()) {
    const asked = { request, read: filters[index], most: most[index] };
    const tooMany = isTooMany(connection.context, codes.length);
    const outcome = tooMany
      ? ReasonCode.QuotaExceeded
      : subscribe(connection, work, asked);
    if (typeof outcome === "number") {
      codes.push(connection.version === 5 ? outcome : FAILURE_V3);
    } else {
      codes.push(outcome.qos);
      granted.push(outcome);
      work.hasEffect = true;
    }
    // SUBACK has one reason: that of the first refusal by a rule.
    if (most[index] < 0 && !work.isDenied) {
      work.isDenied = true;
      if (!tooMany) {
        work.reason ??= refusalReason(connection, request, filters[index]);
      }
    }
  }
  return granted;
}

/** Sends the SUBACK, with the reason where it fits [MQTT-3.9.2-2]. */
function answer(connection: Connection, work: FilterWork): void {
  connection.filterWork = null;
  const { version, sender } = connection;
  const { packetId, codes, reason } = work;
  const encode = (properties: Properties) =>
    encodeSuback({ type: 9, packetId, codes, properties }, version);
  let suback = encode(reason === undefined ? {} : { reasonString: reason });
  if (reason !== undefined && suback.length > sender.sendLimit) {
    suback = encode({});
  }
  // A refusal alone has no effect that could be lost.
  if (!work.hasEffect) sender.send(suback);
  else sendGated(connection, 9, packetId, suback);
}

/** Reads a request; throws for one that ends the connection. */
function readRequest(
  connection: Connection,
  request: SubscriptionRequest,
): ReadFilter {
  const read = readFilter(request.filter, connection);
  if (read.group !== null && request.noLocal) {
    throw new ProtocolError( // [MQTT-3.8.3-4]
      ReasonCode.ProtocolError,
      "No Local is not allowed on a shared subscription",
    );
  }
  return read;
}

/** Subscribes as requested, or returns the reason code of the refusal. */
function subscribe(
  connection: Connection,
  work: FilterWork,
  { request, read, most }: Asked,
): Granted | ReasonCode {
  const { context } = connection;
  const session = connection.session!;
  const { filter, group } = read;
  const refusal = refuse(connection, work, read, most);
  if (refusal !== null) return refusal;
  // The server may grant a lower QoS; SUBACK has it (3.8.4).
  const qos = most as QoS;
  const isNew = context.router.subscribe(session, filter, group, {
    qos,
    // A bridge forwards its messages both ways: an echo would loop.
    noLocal: request.noLocal || (session.bridge && group === null),
    retainAsPublished: request.retainAsPublished || session.bridge,
    retainHandling: request.retainHandling,
    identifier: work.identifier,
  });
  return { filter, shared: group !== null, isNew, qos, request };
}

/** Returns the reason code of a refusal, or null. */
function refuse(
  connection: Connection,
  work: FilterWork,
  { filter, group }: ReadFilter,
  most: QoS | -1,
): ReasonCode | null {
  const session = connection.session!;
  const { options, durability, router } = connection.context;
  // CONNACK has announced it (3.2.2.3.13). Former members may still leave.
  if (group !== null && !connection.offered.sharedAvailable) {
    return ReasonCode.SharedSubscriptionsNotSupported;
  }
  // CONNACK has announced it (3.2.2.3.11).
  if (!connection.offered.wildcardAvailable && /[+#]/.test(filter)) {
    return ReasonCode.WildcardSubscriptionsNotSupported;
  }
  if (
    isLonger(filter, options.maxTopicLength) ||
    levelCount(filter) > options.maxTopicLevels
  ) return ReasonCode.TopicFilterInvalid;
  if (most < 0 || isReservedFilter(filter, connection.listener.mountPoint)) {
    return ReasonCode.NotAuthorized;
  }
  // SUBACK promises that it lasts. Existing subscriptions take no room.
  const isFull = router.heap.isFull ||
    durability.isFull && session.slot !== null;
  if (isFull && !router.isSubscribed(session, filter, group)) {
    return ReasonCode.QuotaExceeded;
  }
  return refuseMore(connection, work, filter, group);
}

/** Returns the reason code of a refusal; null for a filter that fits or exists. */
function refuseMore(
  connection: Connection,
  work: FilterWork,
  filter: string,
  group: string | null,
): ReasonCode | null {
  const session = connection.session!;
  const { options, router } = connection.context;
  const { subscriptions } = session;
  const { maxSubscriptions, maxWildcardLevels } = options;
  const isFull = subscriptions >= maxSubscriptions;
  const fits = isFull ||
    router.fits(session, filter, group, maxWildcardLevels);
  if ((fits && !isFull) || router.isSubscribed(session, filter, group)) {
    return null;
  }
  if (!fits && connection.sender.problemInformation) {
    work.reason ??= TOO_MANY_SHAPES;
  }
  return ReasonCode.QuotaExceeded;
}

/** Feeds retained messages, with RETAIN set (3.3.1.3). */
function feed(
  connection: Connection,
  { identifier }: FilterWork,
  grant: Granted,
): void {
  // A shared subscription gets no retained messages (4.8.2).
  if (grant.shared) return;
  const { retainHandling, noLocal } = grant.request;
  if (retainHandling === 2) return; // [MQTT-3.3.1-11]
  if (retainHandling === 1 && !grant.isNew) return; // [MQTT-3.3.1-10]
  const { session } = connection;
  // SUBACK may have ended the connection.
  if (session === null) return;
  const { router } = connection.context;
  const { filter } = grant;
  // Most filters name one topic without a retained message.
  if (!router.mayBeRetained(filter)) return;
  // Replaces a feed that is still under way.
  session.queue.feedRetained(
    filter,
    router.retainedMatching(filter),
    new Delivery(
      session,
      grant.qos,
      true,
      // Each of its messages has the identifier [MQTT-3.3.4-3].
      identifier === 0 ? null : [identifier],
      null,
    ),
    // With No Local without the client's own messages (3.8.3.1).
    noLocal || session.bridge ? session.clientId : null,
  );
}
