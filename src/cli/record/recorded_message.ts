import type { PropertyEntry } from "../../codec/listing/mod.ts";
import type { ClientMessage } from "../../client/mod.ts";
import {
  PropertyId,
  type QoS,
  type UserProperty,
  validateTopicName,
} from "../../mqtt/mod.ts";

/** A recorded message: one line of JSON. */
export interface RecordedMessage {
  /** As ISO 8601 writes it, in ms. */
  readonly time: string;
  readonly topic: string;
  /** Payload that is UTF-8. */
  readonly payload?: string;
  /** Any other payload. */
  readonly payloadBase64?: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Missing where there are none. */
  readonly properties?: RecordedProperties;
}

/** Properties of a message (3.3.2.3), without those of a connection. */
interface RecordedProperties {
  readonly payloadFormatIndicator?: number;
  /** Seconds left. */
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  /** In base64. */
  readonly correlationData?: string;
  readonly userProperties?: readonly UserProperty[];
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the record of a message that came at `date` (ms since 1970). */
export function recordOf(
  { topic, payload, qos, retain, properties }: ClientMessage,
  date: number,
): RecordedMessage {
  const time = new Date(date).toISOString();
  const said = recordedProperties(properties);
  return {
    ...{ time, topic },
    ...payloadOf(payload),
    ...{ qos, retain },
    ...Object.keys(said).length === 0 ? {} : { properties: said },
  };
}

function payloadOf(
  payload: Uint8Array,
): Pick<RecordedMessage, "payload" | "payloadBase64"> {
  try {
    return { payload: decoder.decode(payload) };
  } catch {
    return { payloadBase64: payload.toBase64() };
  }
}

function recordedProperties(
  entries: readonly PropertyEntry[],
): RecordedProperties {
  const said: Record<string, unknown> = {};
  const users: UserProperty[] = [];
  for (const [id, value] of entries) {
    switch (id) {
      case PropertyId.PayloadFormatIndicator:
        said.payloadFormatIndicator = value;
        break;
      case PropertyId.MessageExpiryInterval:
        said.messageExpiryInterval = value;
        break;
      case PropertyId.ContentType:
        said.contentType = value;
        break;
      case PropertyId.ResponseTopic:
        said.responseTopic = value;
        break;
      case PropertyId.CorrelationData:
        said.correlationData = (value as Uint8Array).toBase64();
        break;
      case PropertyId.UserProperty:
        users.push(value as UserProperty);
    }
  }
  return users.length === 0 ? said : { ...said, userProperties: users };
}

/** A recorded message, ready to be published. */
export interface ReadRecord {
  /** ms since 1970. */
  readonly date: number;
  readonly message: ClientMessage;
}

/** Reads a line of a recording; else says what is wrong with it. */
export function readRecord(line: string): ReadRecord | string {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${(error as Error).message}`;
  }
  if (typeof record !== "object" || record === null) return "not an object";
  const { time, topic, qos, retain, properties } = record as Record<
    keyof RecordedMessage,
    unknown
  >;
  const date = typeof time === "string" ? Date.parse(time) : NaN;
  if (Number.isNaN(date)) return "time must be a date, as ISO 8601 has it";
  const fault = typeof topic === "string"
    ? validateTopicName(topic)
    : "it is no text";
  if (fault !== null) return `topic must be a topic name: ${fault}`;
  if (qos !== 0 && qos !== 1 && qos !== 2) return "qos must be 0, 1 or 2";
  if (typeof retain !== "boolean") return "retain must be true or false";
  const payload = readPayload(record as Record<string, unknown>);
  if (typeof payload === "string") return payload;
  const entries = readProperties(properties ?? {});
  if (typeof entries === "string") return entries;
  const message = { topic: topic as string, payload, qos, retain } as const;
  return { date, message: { ...message, properties: entries } };
}

function readPayload(
  { payload, payloadBase64 }: Record<string, unknown>,
): Uint8Array | string {
  if (typeof payload === "string") return new TextEncoder().encode(payload);
  if (payloadBase64 === undefined) {
    return "payload must be a text, or payloadBase64 its bytes in base64";
  }
  return bytesOf(payloadBase64) ?? "payloadBase64 must be base64";
}

function bytesOf(text: unknown): Uint8Array | null {
  try {
    return typeof text === "string" ? Uint8Array.fromBase64(text) : null;
  } catch {
    return null;
  }
}

function readProperties(given: unknown): PropertyEntry[] | string {
  if (typeof given !== "object" || given === null) {
    return "properties must be an object";
  }
  const entries: PropertyEntry[] = [];
  for (const [name, value] of Object.entries(given)) {
    const read = readProperty(name, value);
    if (typeof read === "string") return `properties.${name} ${read}`;
    entries.push(...read);
  }
  return entries;
}

function readProperty(name: string, value: unknown): PropertyEntry[] | string {
  const whole = (id: number, most: number): PropertyEntry[] | string =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most
      ? [[id, Number(value)]]
      : `must be a whole number from 0 to ${most}`;
  const text = (id: number): PropertyEntry[] | string =>
    typeof value === "string" ? [[id, value]] : "must be a text";
  switch (name) {
    case "payloadFormatIndicator":
      return whole(PropertyId.PayloadFormatIndicator, 1);
    case "messageExpiryInterval":
      return whole(PropertyId.MessageExpiryInterval, 0xffffffff);
    case "contentType":
      return text(PropertyId.ContentType);
    case "responseTopic":
      return text(PropertyId.ResponseTopic);
    case "correlationData": {
      const bytes = bytesOf(value);
      return bytes === null
        ? "must be base64"
        : [[PropertyId.CorrelationData, bytes]];
    }
    case "userProperties": {
      const isPair = (one: unknown): one is UserProperty =>
        Array.isArray(one) && one.length === 2 &&
        one.every((part) => typeof part === "string");
      if (!Array.isArray(value) || !value.every(isPair)) {
        return "must be a list of pairs of texts";
      }
      return value.map((pair) => [PropertyId.UserProperty, pair]);
    }
  }
  return "is not known";
}
