import type {
  Properties,
  ProtocolVersion,
  QoS,
  SubscribePacket,
  SubscriptionRequest,
  UnsubscribePacket,
} from "../mqtt/mod.ts";
import { ByteReader } from "./byte_reader.ts";
import { malformed, violation } from "./errors.ts";
import type { Frame } from "./frame.ts";
import { decodeProperties } from "./properties_decoder.ts";
import { PropertyPlace } from "./property_place.ts";

/**
 * Decodes the SUBSCRIBE that `frame` describes (3.8). Filters are strings, but
 * not validated: one that is wrong gets its own code in the SUBACK.
 *
 * @throws {ProtocolError} 0x81 when malformed or with reserved bits
 * [MQTT-3.8.3-5]; 0x82 for packet id 0, no filter at all [MQTT-3.8.3-2], QoS 3,
 * retain handling 3, a duplicate property.
 */
export function decodeSubscribe(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): SubscribePacket {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  const packetId = readPacketId(reader, frame, version);
  const properties: Properties = version === 5
    ? decodeProperties(reader, PropertyPlace.Subscribe)
    : {};
  const requests: SubscriptionRequest[] = [];
  while (reader.at < reader.end) {
    requests.push(decodeRequest(reader, version));
  }
  if (requests.length === 0) throw violation("SUBSCRIBE without a filter");
  return { type: 8, packetId, requests, properties };
}

function decodeRequest(
  reader: ByteReader,
  version: ProtocolVersion,
): SubscriptionRequest {
  const filter = reader.utf8();
  const options = reader.uint8();
  // [MQTT-3.8.3-5]; all but the QoS is reserved in 3.x [MQTT-3-8.3-4].
  if ((options & (version === 5 ? 0xc0 : 0xfc)) !== 0) {
    throw malformed("SUBSCRIBE with reserved bits in its options");
  }
  const qos = options & 3;
  const retainHandling = options >> 4;
  if (qos === 3) throw violation("SUBSCRIBE with QoS 3");
  if (retainHandling === 3) throw violation("SUBSCRIBE with retain handling 3");
  return {
    filter,
    qos: qos as QoS,
    noLocal: (options & 4) !== 0,
    retainAsPublished: (options & 8) !== 0,
    retainHandling: retainHandling as 0 | 1 | 2,
  };
}

/**
 * Decodes the UNSUBSCRIBE that `frame` describes (3.10); filters as above.
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
  const packetId = readPacketId(reader, frame, version);
  const properties: Properties = version === 5
    ? decodeProperties(reader, PropertyPlace.Unsubscribe)
    : {};
  const filters: string[] = [];
  while (reader.at < reader.end) filters.push(reader.utf8());
  if (filters.length === 0) throw violation("UNSUBSCRIBE without a filter");
  return { type: 10, packetId, filters, properties };
}

function readPacketId(
  reader: ByteReader,
  frame: Frame,
  version: ProtocolVersion,
): number {
  // [MQTT-3.8.1-1], [MQTT-3.10.1-1]; MQTT 3.1 has DUP here.
  if ((frame.firstByte & 8) !== 0 && version !== 3) {
    throw malformed("SUBSCRIBE or UNSUBSCRIBE with the DUP flag");
  }
  const packetId = reader.uint16();
  // [MQTT-2.2.1-3]
  if (packetId === 0) {
    throw violation("SUBSCRIBE or UNSUBSCRIBE with packet id 0");
  }
  return packetId;
}
