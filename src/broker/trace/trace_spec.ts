import {
  PacketType,
  topicMatches,
  validateTopicFilter,
} from "../../mqtt/mod.ts";
import { Networks, parseNetwork } from "../../network/mod.ts";
import { isTraceKind, PREVIEW, TRACE_KINDS } from "../../trace/mod.ts";

/** Longest duration of a trace (ms), and the usual one. */
export const LONGEST = 24 * 3600_000;
export const USUAL = 600_000;

/** Characters of the longest client id or pattern in a request. */
const LONGEST_PATTERN = 65_535;

/** Choice of packets, and the form of their rows. */
export interface TraceSpec {
  /** Client id, in which `*` stands for any characters; null for all. */
  readonly client: string | null;
  /** Topic filter; null for all packets. */
  readonly topic: string | null;
  /** Networks of clients; null for all. */
  readonly address: Networks | null;
  /** From the client: in. Null for both. */
  readonly direction: "in" | "out" | null;
  /** Bits of packet types (`1 << type`); bit 0 is the end of a connection. */
  readonly kinds: number;
  /** Duration (ms), 1 to `LONGEST`. */
  readonly duration: number;
  /** Bytes of payload in a row, 0 to `PREVIEW`. */
  readonly preview: number;
  /** Whether rows have the payload apart. */
  readonly payload: boolean;
  /** Whether rows have the bytes of the packet. */
  readonly bytes: boolean;
}

/** Reads the choice of a request; else says what is wrong with it. */
export function readTraceSpec(
  given: Readonly<Record<string, unknown>>,
): TraceSpec | string {
  const { client = null, topic = null, direction = null } = given;
  const { duration = USUAL, preview = PREVIEW, bytes = false } = given;
  const { payload = true } = given;
  if (client !== null && !isPattern(client)) {
    return "client must be a client id, in which * stands for any characters";
  }
  if (topic !== null) {
    const fault = typeof topic !== "string"
      ? "it is no text"
      : validateTopicFilter(topic);
    if (fault !== null) return `topic must be a topic filter: ${fault}`;
  }
  if (direction !== null && !isWay(direction)) {
    return "direction must be in or out";
  }
  if (!isWhole(duration, 1, LONGEST)) {
    return `duration must be a whole number of ms from 1 to ${LONGEST}`;
  }
  if (!isWhole(preview, 0, PREVIEW)) {
    return `preview must be a whole number of bytes from 0 to ${PREVIEW}`;
  }
  if (typeof bytes !== "boolean") return "bytes must be true or false";
  if (typeof payload !== "boolean") return "payload must be true or false";
  const kinds = readKinds(given.packets ?? null);
  if (typeof kinds === "string") return kinds;
  const address = readAddress(given.address ?? null);
  if (typeof address === "string") return address;
  return {
    ...{ client, topic: topic as string | null, direction },
    ...{ address, kinds, duration, preview, payload, bytes },
  };
}

function isWay(value: unknown): value is "in" | "out" {
  return value === "in" || value === "out";
}

function isPattern(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 &&
    value.length <= LONGEST_PATTERN;
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least &&
    Number(value) <= most;
}

function readKinds(packets: unknown): number | string {
  if (packets === null) return 0xffff;
  const names = Object.keys(TRACE_KINDS).join(", ");
  if (
    !Array.isArray(packets) || packets.length === 0 ||
    !packets.every(isTraceKind)
  ) return `packets must be a list of ${names}`;
  return packets.reduce((bits, name) => bits | 1 << TRACE_KINDS[name], 0);
}

function readAddress(address: unknown): Networks | string | null {
  if (address === null) return null;
  if (typeof address !== "string" || parseNetwork(address) === null) {
    return "address must be an IP address or a network, as 192.0.2.0/24";
  }
  return new Networks([address]);
}

/** Returns whether `text` is `pattern`, in which `*` stands for any characters. */
export function isLike(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  const [first] = parts;
  const last = parts[parts.length - 1];
  if (parts.length === 1) return text === pattern;
  if (
    text.length < first.length + last.length || !text.startsWith(first) ||
    !text.endsWith(last)
  ) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Returns whether a subscription to `filter` may get messages of `wanted`. */
export function overlap(wanted: string, filter: string): boolean {
  return topicMatches(wanted, filter) || topicMatches(filter, wanted);
}

/** Returns whether packets of this type belong to a PUBLISH of the client. */
export function isOfClient(type: number, isSent: boolean): boolean {
  switch (type) {
    case PacketType.Publish:
    case PacketType.Pubrel:
      return !isSent;
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubcomp:
      return isSent;
    default:
      return true;
  }
}
