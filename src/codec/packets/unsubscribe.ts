import {
  PacketType,
  type ProtocolVersion,
  type UnsubscribePacket,
} from "../../mqtt/mod.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import {
  decodeListHead,
  type FilterListHead,
  type FilterListSlice,
  WHOLE_LIST,
} from "./filter_list.ts";
import type { Frame } from "../bytes/frame.ts";
import type { UserProperties } from "../bytes/properties_decoder.ts";
import { encodeProperties } from "../bytes/properties_encoder.ts";
import { PropertyPlace } from "../bytes/property_place.ts";

/** Encodes an UNSUBSCRIBE (3.10). */
export function encodeUnsubscribe(
  packet: UnsubscribePacket,
  version: ProtocolVersion,
): Uint8Array {
  const writer = new ByteWriter();
  writer.uint16(packet.packetId);
  if (version === 5) encodeProperties(writer, packet.properties);
  for (const filter of packet.filters) writer.utf8(filter);
  return writer.frame(PacketType.Unsubscribe, 2);
}

/**
 * Decodes the UNSUBSCRIBE that `frame` describes (3.10). Does not validate its
 * topic filters.
 *
 * @throws {ProtocolError} as `decodeUnsubscribeHead` and `decodeFilters`.
 */
export function decodeUnsubscribe(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): UnsubscribePacket {
  const head = decodeUnsubscribeHead(chunk, frame, version, "keep");
  const filters: string[] = [];
  const { packetId, properties, start } = head;
  decodeFilters(filters, chunk, start, frame.end, WHOLE_LIST);
  return { type: 10, packetId, filters, properties };
}

/**
 * Decodes an UNSUBSCRIBE up to its first filter. Skips user properties unless
 * asked to keep them.
 *
 * @throws {ProtocolError} 0x81 when malformed; 0x82 for packet id 0 or no topic
 * filter [MQTT-3.10.3-2].
 */
export function decodeUnsubscribeHead(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  userProperties: UserProperties = "skip",
): FilterListHead {
  const place = PropertyPlace.Unsubscribe;
  return decodeListHead(chunk, frame, version, place, userProperties);
}

/**
 * Decodes topic filters of an UNSUBSCRIBE from `at` up to `end` into `filters`,
 * as many as `slice` allows. Returns the offset behind the last.
 *
 * @throws {ProtocolError} 0x81 when malformed.
 */
export function decodeFilters(
  filters: string[],
  chunk: Uint8Array,
  at: number,
  end: number,
  slice: FilterListSlice,
): number {
  const reader = new ByteReader(chunk, at, end);
  const stop = Math.min(end, at + slice.bytes);
  while (reader.at < stop && filters.length < slice.filters) {
    filters.push(reader.utf8());
  }
  return reader.at;
}
