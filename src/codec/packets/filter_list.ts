import {
  packetName,
  type Properties,
  type ProtocolVersion,
} from "../../mqtt/mod.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { malformed, violation } from "../bytes/errors.ts";
import type { Frame } from "../bytes/frame.ts";
import {
  decodeProperties,
  type UserProperties,
} from "../bytes/properties_decoder.ts";

/** The part of a SUBSCRIBE or UNSUBSCRIBE before its topic filters. */
export interface FilterListHead {
  /** 1 to 65,535. */
  readonly packetId: number;
  /** Empty in 3.x. */
  readonly properties: Properties;
  /** Offset of the first filter in the chunk. */
  readonly start: number;
}

/** Bounds of the topic filters that are decoded at a time. */
export interface FilterListSlice {
  /** Filters at most; at least 1. */
  readonly filters: number;
  /** Bytes behind which no further filter is begun. */
  readonly bytes: number;
}

/** The whole list at once. */
export const WHOLE_LIST: FilterListSlice = {
  filters: Infinity,
  bytes: Infinity,
};

/** Reads packet id and properties; `place` is of `PropertyPlace`. */
export function decodeListHead(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  place: number,
  userProperties: UserProperties,
): FilterListHead {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  const packetId = reader.uint16();
  // [MQTT-2.2.1-3]
  if (packetId === 0) {
    throw violation(`${packetName(frame.type)} has packet identifier 0`);
  }
  const properties = version === 5
    ? decodeProperties(reader, place, userProperties)
    : {};
  if (reader.at === reader.end) {
    throw violation(`${packetName(frame.type)} has no topic filter`);
  }
  return { packetId, properties, start: reader.at };
}

/**
 * Counts the topic filters from `start` up to `end` without decoding them, up to
 * one more than `most`. Each has `optionBytes` behind it.
 *
 * @throws {ProtocolError} 0x81 when the last counted filter is incomplete.
 */
export function countFilters(
  chunk: Uint8Array,
  start: number,
  end: number,
  optionBytes: 0 | 1,
  most: number,
): number {
  let count = 0;
  let at = start;
  while (at < end && count <= most) {
    at += 2 + (chunk[at] << 8 | chunk[at + 1]) + optionBytes;
    count++;
  }
  if (at > end) throw malformed("the packet ends inside a topic filter");
  return count;
}
