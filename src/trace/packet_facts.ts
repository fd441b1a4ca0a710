import {
  countFilters,
  decodeConnack,
  decodeConnect,
  decodeDelivery,
  decodeFilters,
  decodePublish,
  decodeRequests,
  decodeSuback,
  decodeSubscribeHead,
  decodeUnsubscribeHead,
  Frame,
  PublishPacket,
  readFrame,
} from "../codec/mod.ts";
import { readPropertyList } from "../codec/listing/mod.ts";
import {
  decodeUtf8,
  packetName,
  PacketType,
  parseFilter,
  ProtocolError,
  type ProtocolVersion,
  reasonName,
  sharedFilter,
  type WillPacket,
} from "../mqtt/mod.ts";
import { shortened, shownPayload, shownProperties } from "./shown_values.ts";
import { HIDDEN, type PacketFacts, type ShownFilter } from "./trace_row.ts";

/** Filters and codes listed of one packet. */
const LISTED = 20;

/** Packets other than PUBLISH above this are not read: bytes. */
const LARGEST = 64 * 1024;

/** Properties of one packet that are read. */
const BOUNDS = { entries: LISTED, bytes: 16 * 1024 };

/** Filters counted at most, as many as the broker takes. */
const MOST_FILTERS = 1 << 20;

/** A packet on the wire. */
export interface Shown {
  /** Has the packet, of a PUBLISH at least all before its payload. */
  readonly chunk: Uint8Array;
  /** Index of its first byte. */
  readonly start: number;
  /** Index behind its last byte. */
  readonly end: number;
  /** Of the connection; 4 before CONNECT. */
  readonly version: ProtocolVersion;
  /** Whether the broker sends it. */
  readonly isSent: boolean;
  /** Prefix of all topics of the client; empty without a mount point. */
  readonly mountPoint: string;
}

/**
 * Returns what is in a packet, with `preview` bytes of its payload and without
 * passwords and authentication data. Never throws: a malformed packet is said to
 * be so.
 */
export function packetFacts(shown: Shown, preview: number): PacketFacts {
  const { chunk, start, end, version } = shown;
  const type = chunk[start] >> 4;
  const packet = packetName(type);
  const size = end - start;
  try {
    if (type !== PacketType.Publish && size > LARGEST) return { packet, size };
    const frame = new Frame();
    readFrame(frame, chunk, start, end, Infinity, version);
    return { packet, size, ...contentOf(shown, frame, preview) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { packet, size, malformed: shortened(error.message) };
  }
}

type Content = Omit<PacketFacts, "packet" | "size">;

function contentOf(shown: Shown, frame: Frame, preview: number): Content {
  const { chunk, version } = shown;
  switch (frame.type) {
    case PacketType.Connect:
      return connectOf(shown, frame, preview);
    case PacketType.Connack: {
      const { sessionPresent, code } = decodeConnack(chunk, frame, version);
      const properties = propertiesAt(shown, frame, frame.bodyStart + 2);
      return {
        sessionPresent,
        ...reasonOf(code, frame, version),
        ...properties,
      };
    }
    case PacketType.Publish:
      return publishOf(shown, frame, preview);
    case PacketType.Subscribe:
      return subscribeOf(shown, frame);
    case PacketType.Unsubscribe:
      return unsubscribeOf(shown, frame);
    case PacketType.Suback:
    case PacketType.Unsuback:
      return subackOf(shown, frame);
    case PacketType.Pingreq:
    case PacketType.Pingresp:
      return {};
    case PacketType.Disconnect:
    case PacketType.Auth:
      return version === 5 ? codeAt(shown, frame, frame.bodyStart) : {};
    default: {
      const at = frame.bodyStart;
      const packetId = chunk[at] << 8 | chunk[at + 1];
      return { packetId, ...codeAt(shown, frame, at + 2) };
    }
  }
}

/** Reads a reason code and properties at `at`; both may be left out. */
function codeAt(shown: Shown, frame: Frame, at: number): Content {
  const { chunk, version } = shown;
  if (version !== 5) return {};
  const code = at < frame.end ? chunk[at] : 0;
  const reason = reasonOf(code, frame, version);
  return { ...reason, ...propertiesAt(shown, frame, at + 1) };
}

function reasonOf(
  code: number,
  { type }: Frame,
  version: ProtocolVersion,
): Content {
  return { code, reason: reasonName(code, type, version) };
}

function propertiesAt(
  { chunk, version }: Shown,
  { end }: Frame,
  at: number,
): Content {
  if (version !== 5 || at >= end) return {};
  return listed(shownProperties(readPropertyList(chunk, at, end, BOUNDS)));
}

function listed(properties: NonNullable<Content["properties"]>): Content {
  return Object.keys(properties).length === 0 ? {} : { properties };
}

function connectOf(shown: Shown, frame: Frame, preview: number): Content {
  const { chunk } = shown;
  const packet = decodeConnect(chunk, frame);
  const { cleanStart, keepAlive, username, password, will, version } = packet;
  // Name, its length, version, flags and keep alive come before the properties.
  const at = frame.bodyStart + 6 + (version === 3 ? 6 : 4);
  return {
    version,
    clientId: shortened(packet.clientId),
    cleanStart,
    keepAlive,
    ...username === null ? {} : { user: shortened(username) },
    ...password === null ? {} : { password: HIDDEN },
    ...will === null ? {} : { will: willOf(shown, will, preview) },
    ...propertiesAt({ ...shown, version }, frame, at),
  };
}

function willOf(
  { mountPoint }: Shown,
  { topic, qos, retain, payload }: WillPacket,
  preview: number,
) {
  return {
    topic: shortened(mountPoint + topic),
    qos,
    retain,
    ...shownPayload(payload, 0, payload.length, preview),
  };
}

/** One serves all: a packet is read and forgotten. */
const publish = new PublishPacket();

function publishOf(shown: Shown, frame: Frame, preview: number): Content {
  const { chunk, version, isSent, mountPoint } = shown;
  if (isSent) decodeDelivery(publish, chunk, frame, version);
  else decodePublish(publish, chunk, frame, version);
  const { qos, retain, dup, packetId, payloadStart, end } = publish;
  const { topicStart, topicEnd } = publish;
  const name = decodeUtf8(chunk, topicStart, topicEnd);
  const at = qos === 0 ? topicEnd : topicEnd + 2;
  return {
    // An alias alone leaves the topic to the connection.
    ...name === "" ? {} : { topic: shortened(mountPoint + name) },
    qos,
    retain,
    dup,
    ...qos === 0 ? {} : { packetId },
    ...version === 5 ? propertiesAt(shown, frame, at) : {},
    ...shownPayload(chunk, payloadStart, end, preview),
  };
}

const SLICE = { filters: LISTED, bytes: Infinity };

function subscribeOf(shown: Shown, frame: Frame): Content {
  const { chunk, version, mountPoint } = shown;
  const { packetId, start } = decodeSubscribeHead(chunk, frame, version);
  const requests: Parameters<typeof decodeRequests>[0] = [];
  decodeRequests(requests, chunk, start, frame.end, version, SLICE);
  const filters = requests.map((one): ShownFilter => ({
    filter: shortened(wholeFilter(one.filter, mountPoint)),
    qos: one.qos,
    ...one.noLocal ? { noLocal: true } : {},
    ...one.retainAsPublished ? { retainAsPublished: true } : {},
    ...one.retainHandling === 0 ? {} : { retainHandling: one.retainHandling },
  }));
  const count = countFilters(chunk, start, frame.end, 1, MOST_FILTERS);
  const properties = propertiesAt(shown, frame, frame.bodyStart + 2);
  return { packetId, filters, ...cut(count), ...properties };
}

function unsubscribeOf(shown: Shown, frame: Frame): Content {
  const { chunk, version, mountPoint } = shown;
  const { packetId, start } = decodeUnsubscribeHead(chunk, frame, version);
  const texts: string[] = [];
  decodeFilters(texts, chunk, start, frame.end, SLICE);
  const filters = texts.map((one) => ({
    filter: shortened(wholeFilter(one, mountPoint)),
  }));
  const count = countFilters(chunk, start, frame.end, 0, MOST_FILTERS);
  const properties = propertiesAt(shown, frame, frame.bodyStart + 2);
  return { packetId, filters, ...cut(count), ...properties };
}

function subackOf(shown: Shown, frame: Frame): Content {
  const { chunk, version } = shown;
  const { type, packetId, codes } = decodeSuback(chunk, frame, version);
  const names = codes.slice(0, LISTED).map((code) =>
    version === 5 || code !== 0x80 ? reasonName(code, type, 5) : "Failure"
  );
  const properties = propertiesAt(shown, frame, frame.bodyStart + 2);
  return { packetId, codes: names, ...cut(codes.length), ...properties };
}

/** Returns a filter with the mount point, behind any `$share/group/`. */
function wholeFilter(filter: string, mountPoint: string): string {
  if (mountPoint === "") return filter;
  const parsed = parseFilter(filter);
  if (parsed === null) return filter;
  const whole = mountPoint + parsed.filter;
  return parsed.group === null ? whole : sharedFilter(parsed.group, whole);
}

function cut(count: number): Content {
  return count > LISTED ? { of: count } : {};
}
