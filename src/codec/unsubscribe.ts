import {
  PacketType,
  type Properties,
  type ProtocolVersion,
  type UnsubscribePacket,
} from "../mqtt/mod.ts";
import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { violation } from "./errors.ts";
import type { Frame } from "./frame.ts";
import { readSubscriptionId } from "./packet_id.ts";
import { decodeProperties } from "./properties_decoder.ts";
import { encodeProperties } from "./properties_encoder.ts";
import { PropertyPlace } from "./property_place.ts";

/** The frame of an UNSUBSCRIBE (3.10). */
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
 * Decodes the UNSUBSCRIBE that `frame` describes (3.10); filters are not
 * validated.
 *
 * @throws {ProtocolError} 0x81 when malformed; 0x82 for packet id 0 and no
 * filter at all [MQTT-3.10.3-2].
 */
export function decodeUnsubscribe(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): UnsubscribePacket {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  const packetId = readSubscriptionId(reader);
  const properties: Properties = version === 5
    ? decodeProperties(reader, PropertyPlace.Unsubscribe)
    : {};
  const filters: string[] = [];
  while (reader.at < reader.end) filters.push(reader.utf8());
  if (filters.length === 0) throw violation("UNSUBSCRIBE without a filter");
  return { type: 10, packetId, filters, properties };
}
