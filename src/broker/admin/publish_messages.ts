import {
  AdminRefusal,
  type PublishRequest,
  type PublishRequestProperties,
  type PublishResult,
} from "../../admin/protocol/mod.ts";
import { encodeMessageProperties } from "../../codec/mod.ts";
import {
  encodeUtf8,
  isWellFormedUtf8,
  levelCount,
  Message,
  validateTopicName,
} from "../../mqtt/mod.ts";
import { RETAINED_FULL } from "../../router/mod.ts";
import { type Context, refusesReserved, RESERVED } from "../../session/mod.ts";
import type { HandlerParts } from "./admin_parts.ts";

/** Publishing goes on in the next turn after this time (ms). */
const TURN = 1;

/** Longest text of a property (1.5.4). */
const FIELD_MAX = 65_535;

/** A message that passed all checks. */
interface Checked {
  readonly request: PublishRequest;
  readonly payload: Uint8Array;
  readonly properties: Uint8Array | null;
}

/**
 * Publishes messages in their order, after all have passed the checks. No access
 * rule applies. In the durable modes it resolves once they are on disk.
 */
export async function publishMessages(
  { messages }: { readonly messages: readonly PublishRequest[] },
  parts: HandlerParts,
): Promise<{ readonly results: readonly PublishResult[] }> {
  const { registry: { context }, clock } = parts;
  const checked = messages.map((one, index) =>
    check(one, messages.length > 1 ? `message ${index}: ` : "", parts)
  );
  const results: PublishResult[] = [];
  let began = clock.now();
  for (const one of checked) {
    if (clock.now() - began >= TURN) {
      await new Promise<void>((resolve) => clock.soon(resolve));
      began = clock.now();
    }
    results.push(publish(one, context));
  }
  const { barrier, batch } = waitedFor(context);
  if (
    barrier !== null && messages.some(({ qos, retain }) => qos > 0 || retain)
  ) {
    await new Promise<void>((resolve) => barrier.onCommitted(batch, resolve));
  }
  return { results };
}

function waitedFor({ durability }: Context) {
  const { barrier } = durability;
  return { barrier, batch: barrier === null ? 0 : durability.batch };
}

function check(
  request: PublishRequest,
  place: string,
  parts: HandlerParts,
): Checked {
  const fault = (code: string, detail: string) =>
    new AdminRefusal(400, code, `${place}${detail}`);
  const { registry: { context }, settings } = parts;
  const { topic, qos, retain, properties } = request;
  const topicFault = validateTopicName(topic) ?? lengthFault(topic, context);
  if (topicFault !== null) throw fault("topic-name-invalid", topicFault);
  if (!topic.isWellFormed()) {
    throw fault("topic-name-invalid", "the topic is not Unicode");
  }
  if (refusesReserved({ action: "publish", topic }, "")) {
    throw fault("topic-reserved", RESERVED);
  }
  const { retained, limits } = settings();
  if (retain && !retained.available) {
    throw fault("retain-not-supported", "retained.available is false");
  }
  const payload = payloadOf(request);
  if (payload === null) {
    const kind = request.encoding === "text" ? "Unicode" : "Base64";
    throw fault("payload-invalid", `the payload is not ${kind}`);
  }
  if (payload.length > limits.max_packet_size) {
    throw fault("packet-too-large", "it is above limits.max_packet_size");
  }
  if (
    properties?.payloadFormatIndicator === 1 &&
    context.options.validatePayloadFormat &&
    !isWellFormedUtf8(payload, 0, payload.length, true)
  ) throw fault("payload-format-invalid", "the payload is not UTF-8");
  const propertyFault = faultOfProperties(properties ?? {});
  if (propertyFault !== null) throw fault("property-invalid", propertyFault);
  if (qos > 0 && context.full) {
    const detail = "the broker refuses QoS 1 and 2 messages for now: its " +
      (context.durability.isFull ? "disk" : "memory") + " is full";
    throw new AdminRefusal(507, "quota-exceeded", detail);
  }
  return { request, payload, properties: encoded(properties) };
}

function lengthFault(topic: string, { options }: Context): string | null {
  if (encodeUtf8(topic).length > options.maxTopicLength) {
    return "the topic is longer than limits.max_topic_length";
  }
  return levelCount(topic) > options.maxTopicLevels
    ? "the topic has more levels than limits.max_topic_levels"
    : null;
}

/** Returns the payload; null for what is not Unicode, or not Base64. */
function payloadOf(
  { payload, encoding }: PublishRequest,
): Uint8Array | null {
  if (encoding !== "text") return bytesOf(payload);
  return payload.isWellFormed() ? encodeUtf8(payload) : null;
}

function bytesOf(base64: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return null;
  }
}

function faultOfProperties(
  properties: PublishRequestProperties,
): string | null {
  const { contentType, responseTopic, correlationData, userProperties = [] } =
    properties;
  const texts = [contentType, responseTopic, ...userProperties.flat()];
  for (const text of texts) {
    if (text === undefined) continue;
    if (!text.isWellFormed() || text.includes("\0")) {
      return "a property has a text that is not Unicode, or has U+0000";
    }
    if (encodeUtf8(text).length > FIELD_MAX) {
      return `a property has a text of more than ${FIELD_MAX} bytes`;
    }
  }
  if (
    responseTopic !== undefined && validateTopicName(responseTopic) !== null
  ) {
    return "Response Topic (0x08) is not a topic name";
  }
  if (correlationData === undefined) return null;
  const data = bytesOf(correlationData);
  if (data === null) return "Correlation Data (0x09) is not Base64";
  return data.length > FIELD_MAX
    ? `Correlation Data (0x09) has more than ${FIELD_MAX} bytes`
    : null;
}

function encoded(
  properties: PublishRequestProperties | undefined,
): Uint8Array | null {
  if (properties === undefined) return null;
  const { correlationData } = properties;
  const data = correlationData === undefined
    ? undefined
    : bytesOf(correlationData)!;
  const bytes = encodeMessageProperties({
    ...properties,
    correlationData: data,
  });
  return bytes.length === 0 ? null : bytes;
}

function publish(
  { request, payload, properties }: Checked,
  context: Context,
): PublishResult {
  const { topic: name, qos, retain } = request;
  const { router, turn } = context;
  const topic = router.topicOf(name);
  const message = new Message(topic, payload, 0, payload.length);
  message.qos = qos;
  message.retain = retain;
  message.properties = properties;
  const expiry = request.properties?.messageExpiryInterval;
  if (expiry !== undefined) message.expiresAt = turn.now + expiry * 1000;
  const receivers = router.publish(topic, message, null);
  if (receivers !== RETAINED_FULL) return { topic: name, receivers };
  const detail = `${name}: there is no room for more retained messages ` +
    "(retained.max_messages, retained.max_bytes); those before are published";
  throw new AdminRefusal(507, "retained-full", detail);
}
