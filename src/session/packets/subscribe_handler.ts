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

/** What 3.x clients are told instead of any code above 0x7F (3.9.3). */
const FAILURE_V3 = 0x80;

/** The reason for a filter that a match would have to compare as well. */
const TOO_MANY_SHAPES =
  "the filters of this session have wildcards in too many different places: " +
  "see limits.max_wildcard_levels_per_session";

/** A request that is still to be judged. */
interface Asked {
  readonly request: SubscriptionRequest;
  readonly read: ReadFilter;
  /** By the access rules, -1 for not at all. */
  readonly most: QoS | -1;
}

/** A request that was granted. */
interface Granted {
  /** Without any `$share/group/`. */
  readonly filter: string;
  /** Whether it is a group's, of which this client is a member now. */
  readonly shared: boolean;
  /** False when it replaced one with the same filter [MQTT-3.8.4-3]. */
  readonly isNew: boolean;
  /** At most what was asked for. */
  readonly qos: QoS;
  readonly request: SubscriptionRequest;
}

/**
 * SUBSCRIBE (3.8): all codes in one SUBACK, then what is retained; of a packet
 * of many slices, before. Returns false when it has to wait: the same bytes
 * will come again.
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
 * Subscribes what a slice asks for, in its order, as if each had come by
 * itself [MQTT-3.8.4-5]. Null while somebody outside is asked.
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
    // A SUBACK has room for one reason; of refusals by rules the first one's.
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

/** What makes the whole packet one that ends the connection is found here. */
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

/** Subscribes as asked, or gives the code why not. */
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
  // Granting less than was asked is allowed, and the client is told (3.8.4).
  const qos = most as QoS;
  const isNew = context.router.subscribe(session, filter, group, {
    qos,
    // A bridge forwards what it has and what it gets: an echo would go round.
    noLocal: request.noLocal || (session.bridge && group === null),
    retainAsPublished: request.retainAsPublished || session.bridge,
    retainHandling: request.retainHandling,
    identifier: work.identifier,
  });
  return { filter, shared: group !== null, isNew, qos, request };
}

/** Null when it is granted; what 3.x cannot be told is one code there. */
function refuse(
  connection: Connection,
  work: FilterWork,
  { filter, group }: ReadFilter,
  most: QoS | -1,
): ReasonCode | null {
  const session = connection.session!;
  const { options, durability, router } = connection.context;
  // CONNACK has announced it (3.2.2.3.13). A member from before may leave.
  if (group !== null && !connection.offered.sharedAvailable) {
    return ReasonCode.SharedSubscriptionsNotSupported;
  }
  // CONNACK has announced it (3.2.2.3.11); whoever asks all the same is told.
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
  // SUBACK promises that it lasts. What is there already takes no room.
  if (
    durability.isFull && session.slot !== null &&
    !router.isSubscribed(session, filter, group)
  ) return ReasonCode.QuotaExceeded;
  return refuseMore(connection, work, filter, group);
}

/** Null when the session may have one more filter, or has this one already. */
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

/** Has what is retained sent, with the flag set (3.3.1.3). */
function feed(
  connection: Connection,
  { identifier }: FilterWork,
  grant: Granted,
): void {
  // A shared subscription gets nothing that was retained before (4.8.2).
  if (grant.shared) return;
  const { retainHandling, noLocal } = grant.request;
  if (retainHandling === 2) return; // [MQTT-3.3.1-11]
  if (retainHandling === 1 && !grant.isNew) return; // [MQTT-3.3.1-10]
  const { session } = connection;
  // The answer may have ended the connection.
  if (session === null) return;
  const { router } = connection.context;
  const { filter } = grant;
  // Mostly a filter names one topic, and nothing is retained for it.
  if (!router.mayBeRetained(filter)) return;
  // Where the one that was replaced is still under way, this begins anew.
  session.queue.feedRetained(
    filter,
    router.retainedMatching(filter),
    new Delivery(
      session,
      grant.qos,
      true,
      // Each message that comes by it names it [MQTT-3.3.4-3].
      identifier === 0 ? null : [identifier],
      null,
    ),
    // Its own messages, where it does not want them (3.8.3.1).
    noLocal || session.bridge ? session.clientId : null,
  );
}
