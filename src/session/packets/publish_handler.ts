import {
  decodePublish,
  type Frame,
  type PublishPacket,
} from "../../codec/mod.ts";
import {
  isWellFormedUtf8,
  levelCount,
  type Message,
  PacketType,
  ProtocolError,
  ReasonCode,
} from "../../mqtt/mod.ts";
import { type CachedTopic, RETAINED_FULL } from "../../router/mod.ts";
import { type AccessQuestion, mayPublish } from "../../security/mod.ts";
import { loggedReasonOf, reasonOf, settleAccess } from "./access_questions.ts";
import { LARGEST } from "../output/buffers.ts";
import { ClosingError } from "../core/reasons.ts";
import type { Connection } from "../connection/connection.ts";
import type { Context } from "../core/context.ts";
import { isOwnState, isReserved } from "../session/reserved_topic.ts";
import { waitForRate } from "../connection/rate_pause.ts";
import type { Session } from "../session/session.ts";

const DOLLAR = 0x24;

/** Result of `judge` while the access server is asked. */
const UNSETTLED = -1;

/** Interval of the checks of a reader that waits for memory (ms). */
const MEMORY_LOOK = 100;

/** Longest that it waits (ms); then its connection is closed. */
const MEMORY_PATIENCE = 30_000;

/**
 * Handles PUBLISH of a client (3.3). Returns false when the packet has to wait:
 * the reader is paused, and the same bytes come again.
 */
export function handlePublish(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): boolean {
  const { context, rate } = connection;
  if (rate !== null && rate.readyAt > context.turn.now) {
    return waitForRate(connection);
  }
  const packet = context.publish;
  decodePublish(packet, chunk, frame, connection.version);
  const session = connection.session!;
  if (packet.qos !== 0) {
    if (packet.qos === 2 && isRepeated(session, packet)) {
      // Repeated: acknowledged again, not delivered again [MQTT-4.3.3-10].
      count(connection, packet, 1);
      // Its alias counts all the same: the next packet may use it.
      if (packet.topicAlias !== 0) findTopic(connection, packet);
      acknowledgeAgain(connection, session, packet.packetId);
      if (rate !== null) rate.take(packet.end - packet.start, context.turn.now);
      return true;
    }
    // 3.x has no answer for "not now": the reader waits.
    if (context.full && connection.version !== 5) {
      return waitForRoom(connection);
    }
    if (
      connection.version === 5 &&
      session.receivedSize - connection.carried >=
        connection.listener.receiveMaximum
    ) {
      throw new ProtocolError( // [MQTT-3.3.4-9]
        ReasonCode.ReceiveMaximumExceeded,
        `more messages in flight than the Receive Maximum (0x21) of ` +
          `${connection.listener.receiveMaximum}`,
      );
    }
  }
  count(connection, packet, 1);
  if (packet.retain && !connection.listener.retainAvailable) {
    dropRetain(connection, packet);
  }
  const topic = findTopic(connection, packet);
  const refusal = judge(connection, session, topic, packet);
  if (refusal === UNSETTLED) {
    count(connection, packet, -1);
    return false;
  }
  if (refusal !== null) {
    refuse(connection, topic, packet, refusal);
    if (connection.state !== "open") return true;
  } else {
    const message = take(connection, packet, topic);
    const receivers = context.router.publish(topic, message, session);
    if (receivers === RETAINED_FULL) {
      refuse(connection, topic, packet, ReasonCode.QuotaExceeded);
    } else if (packet.qos !== 0) {
      acknowledge(connection, session, packet, receivers);
    }
  }
  if (rate !== null) rate.take(packet.end - packet.start, context.turn.now);
  return true;
}

/** Returns whether a QoS 2 message was received before [MQTT-4.3.3-10]. */
function isRepeated(
  session: Session,
  { packetId, dup }: PublishPacket,
): boolean {
  return session.hasReceived(packetId) &&
    (dup || !session.releaseBroughtBack(packetId));
}

/** Counts a received message, accepted or not. */
function count(
  connection: Connection,
  packet: PublishPacket,
  by: 1 | -1,
): void {
  const { counters } = connection.context;
  connection.publishReceived += by;
  counters.publishReceived += by;
  counters.publishBytesReceived += by * (packet.end - packet.payloadStart);
}

/** Clears RETAIN for 3.x, whose CONNACK cannot exclude it. */
function dropRetain(connection: Connection, packet: PublishPacket): void {
  if (connection.version === 5) {
    throw new ProtocolError( // [MQTT-3.2.2-14]
      ReasonCode.RetainNotSupported,
      "retained messages are not available",
    );
  }
  packet.retain = false;
}

/** Returns the topic by name or alias; sets the alias of a packet with both. */
function findTopic(
  connection: Connection,
  packet: PublishPacket,
): CachedTopic {
  const { topicStart, topicEnd, topicAlias } = packet;
  if (topicAlias === 0) {
    return topicBetween(connection, packet.chunk, topicStart, topicEnd);
  }
  if (topicAlias > connection.listener.topicAliasMaximum) {
    throw new ProtocolError( // [MQTT-3.3.2-9]
      ReasonCode.TopicAliasInvalid,
      `Topic Alias (0x23) is ${topicAlias}, above the maximum of ` +
        `${connection.listener.topicAliasMaximum}`,
    );
  }
  // With a name the packet sets the alias; without, the alias replaces the name
  // (3.3.2.3.4).
  const aliases = connection.aliasesIn ??= [];
  if (topicEnd > topicStart) {
    const topic = topicBetween(
      connection,
      packet.chunk,
      topicStart,
      topicEnd,
    );
    countAlias(connection, aliases[topicAlias], topic);
    return aliases[topicAlias] = topic;
  }
  const topic = aliases[topicAlias];
  if (topic !== undefined) return topic;
  throw new ProtocolError( // 3.3.4: neither a name nor a known alias
    ReasonCode.ProtocolError,
    `Topic Alias (0x23) ${topicAlias} is not set`,
  );
}

/** Counts a long topic in the heap, in place of the one before. */
function countAlias(
  connection: Connection,
  before: CachedTopic | undefined,
  topic: CachedTopic,
): void {
  const { heap } = connection.context.router;
  const bytes = aliasHeap(topic) - aliasHeap(before);
  if (bytes > 0 && heap.isFull) {
    throw new ClosingError(
      "memory-full",
      ReasonCode.QuotaExceeded,
      `the broker has no memory for a topic alias of ${bytes} bytes`,
    );
  }
  connection.aliasHeap += bytes;
  heap.used += bytes;
}

/** Returns the bytes that count: short topics are few or in the match cache. */
function aliasHeap(topic: CachedTopic | undefined): number {
  return topic !== undefined && topic.isLong ? topic.bytes.length : 0;
}

/** Returns a topic by the client's name for it. */
function topicBetween(
  { context, mountPoint }: Connection,
  bytes: Uint8Array,
  start: number,
  end: number,
): CachedTopic {
  return mountPoint === null
    ? context.router.topic(bytes, start, end)
    : mountPoint.topic(context.router, bytes, start, end);
}

/**
 * Returns null for a message to accept, `UNSETTLED` for one that has to come again,
 * else the reason code of the refusal. Throws `ProtocolError` for a packet that
 * CONNACK excludes.
 */
function judge(
  connection: Connection,
  session: Session,
  topic: CachedTopic,
  packet: PublishPacket,
): ReasonCode | typeof UNSETTLED | null {
  const { context, listener } = connection;
  if (packet.qos > listener.maxQos) {
    throw new ProtocolError( // [MQTT-3.2.2-11]
      ReasonCode.QoSNotSupported,
      `QoS ${packet.qos} is above the maximum of ${listener.maxQos}`,
    );
  }
  if (
    topic.bytes.length > context.options.maxTopicLength ||
    // A topic has no more levels than bytes, so most topics pass at once.
    (topic.bytes.length >= context.options.maxTopicLevels &&
      levelCount(topic.text) > context.options.maxTopicLevels)
  ) return ReasonCode.TopicNameInvalid;
  const { mountPoint } = connection;
  const isSpecial = topic.bytes[mountPoint?.length ?? 0] === DOLLAR;
  if (isSpecial && isReserved(topic.text, listener.mountPoint)) {
    return ReasonCode.NotAuthorized;
  }
  const { access } = context;
  const isOwn = isSpecial &&
    isOwnState(topic.text, listener.mountPoint, session.clientId);
  if (access !== null && !isOwn) {
    const rights = access.rights(session, topic);
    const allowed = mayPublish(rights, packet.qos, packet.retain) ??
      settle(connection, topic, packet);
    if (allowed === null) return UNSETTLED;
    if (!allowed) return ReasonCode.NotAuthorized;
  }
  // A setting, as visiting each byte costs more than all the rest.
  if (
    packet.payloadFormat === 1 && context.options.validatePayloadFormat &&
    !isWellFormedUtf8(packet.chunk, packet.payloadStart, packet.end, true)
  ) return ReasonCode.PayloadFormatInvalid;
  // QoS 0 messages are still sent, but not queued.
  if (packet.qos !== 0 && context.full) return ReasonCode.QuotaExceeded;
  return null;
}

/** Returns the answer of the access server; null while it is to come. */
function settle(
  connection: Connection,
  topic: CachedTopic,
  packet: PublishPacket,
): boolean | null {
  const answers = settleAccess(connection, [questionOf(topic, packet)]);
  return answers === null ? null : answers[0];
}

function questionOf(topic: CachedTopic, packet: PublishPacket): AccessQuestion {
  const { qos, retain } = packet;
  return { action: "publish", topic: topic.text, qos, retain };
}

/** Fills the message for the router: a view, valid for this pass. */
function take(
  connection: Connection,
  packet: PublishPacket,
  topic: CachedTopic,
): Message {
  const { context } = connection;
  const { chunk } = packet;
  // One object serves all: a pass handles one message at a time. The pump owns
  // the bytes: `keep` copies them, or the pump gives a large chunk away.
  const { message } = context;
  message.topic = topic;
  message.bytes = chunk;
  message.owner = connection.pump;
  message.payloadStart = packet.payloadStart;
  message.payloadEnd = packet.end;
  message.kept = null;
  message.publisher = connection.clientId!;
  message.properties = packet.properties;
  message.qos = packet.qos;
  message.retain = packet.retain;
  message.expiresAt = packet.messageExpiry < 0
    ? Infinity
    : context.turn.now + packet.messageExpiry * 1000;
  // The frame is passed on unchanged when a receiver of this version would get
  // the same bytes: no id, no alias, no expiry, and the same flags. A large frame
  // is written without a copy.
  const first = message.retain ? 1 : 0;
  if (
    packet.qos === 0 && packet.propertiesPlain &&
    connection.mountPoint === null &&
    packet.end - packet.start <= LARGEST &&
    (chunk[packet.start] & 1) === first
  ) {
    message.frameStart = packet.start;
    message.frameEnd = packet.end;
    message.frameVersion = connection.version === 5 ? 5 : 4;
  } else message.frameStart = -1;
  return message;
}

/**
 * Sends PUBACK or PUBREC, with which the broker owns the message [MQTT-4.3.2-4].
 * In the durable modes the outbox holds the answer back until the commit.
 */
function acknowledge(
  connection: Connection,
  session: Session,
  packet: PublishPacket,
  receivers: number,
): void {
  const code = receivers === 0 ? ReasonCode.NoMatchingSubscribers : 0;
  if (packet.qos === 1) {
    connection.sender.sendAck(PacketType.Puback, packet.packetId, code);
  } else {
    // Kept until PUBREL: the same id is a repeated message.
    session.receive(packet.packetId);
    connection.sender.sendAck(PacketType.Pubrec, packet.packetId, code);
  }
}

/** Sends PUBREC for a repeated message, once it is on disk. */
function acknowledgeAgain(
  connection: Connection,
  session: Session,
  packetId: number,
): void {
  const { durability } = connection.context;
  const answer = () =>
    connection.sender.sendAck(PacketType.Pubrec, packetId, ReasonCode.Success);
  if (durability.isReceivedSafe(session.slot, packetId)) return answer();
  durability.defer(connection, PacketType.Pubrec, packetId, answer);
}

/** Refuses a message, with an answer where version and QoS have one. */
function refuse(
  connection: Connection,
  topic: CachedTopic,
  packet: PublishPacket,
  reasonCode: ReasonCode,
): void {
  const session = connection.session!;
  let why: string | undefined;
  if (reasonCode === ReasonCode.NotAuthorized) {
    session.refuse("not-authorized", topic);
    const question = questionOf(topic, packet);
    why = reasonOf(connection, question);
    // [MQTT-3.3.5-2]: 3.1.1 leaves it to the server; QoS 0 has no answer.
    if (
      connection.context.options.deniedPublish === "disconnect" &&
      (packet.qos === 0 || connection.version !== 5)
    ) {
      const reason = loggedReasonOf(connection, question);
      const detail = `PUBLISH to ${topic.text}` +
        (reason === undefined ? "" : `: ${reason}`);
      return connection.close("not-authorized", reasonCode, why, { detail });
    }
  } else if (reasonCode === ReasonCode.QuotaExceeded) {
    const { context } = connection;
    session.refuse(context.full ? fullness(context) : "retained-full", topic);
  }
  const malformed = reasonCode === ReasonCode.TopicNameInvalid ||
    reasonCode === ReasonCode.PayloadFormatInvalid;
  // QoS 0 has no answer, and 3.x none that refuses.
  if (malformed && (packet.qos === 0 || connection.version !== 5)) {
    throw new ProtocolError(reasonCode, "the message is not acceptable");
  }
  if (packet.qos === 0) return;
  // 3.x has no code: the message is acknowledged and dropped [3.3.5-2].
  if (packet.qos === 2 && connection.version !== 5) {
    session.receive(packet.packetId);
  }
  connection.sender.sendAck(
    packet.qos === 1 ? PacketType.Puback : PacketType.Pubrec,
    packet.packetId,
    reasonCode,
    why,
  );
}

function waitForRoom(connection: Connection): false {
  const { context, pump } = connection;
  const until = context.turn.now + MEMORY_PATIENCE;
  const why = fullness(context);
  pump.pause(why);
  const look = () => {
    if (!context.full || connection.state !== "open") return pump.resume(why);
    // Its acknowledgements, which free memory, may be among the unread bytes.
    if (context.clock.now() >= until) {
      return connection.close(fullness(context));
    }
    context.clock.after(MEMORY_LOOK, look);
  };
  context.clock.after(MEMORY_LOOK, look);
  return false;
}

/** Returns the reason why no more messages may be queued. */
function fullness(context: Context): "disk-full" | "memory-full" {
  return context.durability.isFull ? "disk-full" : "memory-full";
}
