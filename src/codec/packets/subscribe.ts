import {
  PacketType,
  type ProtocolVersion,
  type QoS,
  type SubscribePacket,
  type SubscriptionRequest,
} from "../../mqtt/mod.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { malformed, violation } from "../bytes/errors.ts";
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

/** Encodes a SUBSCRIBE (3.8); 3.x keeps only the QoS of the options. */
export function encodeSubscribe(
  packet: SubscribePacket,
  version: ProtocolVersion,
): Uint8Array {
  const writer = new ByteWriter();
  writer.uint16(packet.packetId);
  if (version === 5) encodeProperties(writer, packet.properties);
  for (const request of packet.requests) {
    writer.utf8(request.filter);
    writer.uint8(
      version !== 5 ? request.qos : request.qos | (request.noLocal ? 4 : 0) |
        (request.retainAsPublished ? 8 : 0) | request.retainHandling << 4,
    );
  }
  return writer.frame(PacketType.Subscribe, 2);
}

/**
 * Decodes the SUBSCRIBE that `frame` describes (3.8). Does not validate its
 * topic filters.
 *
 * @throws {ProtocolError} as `decodeSubscribeHead` and `decodeRequests`.
 */
export function decodeSubscribe(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): SubscribePacket {
  const head = decodeSubscribeHead(chunk, frame, version, "keep");
  const requests: SubscriptionRequest[] = [];
  const { packetId, properties, start } = head;
  decodeRequests(requests, chunk, start, frame.end, version, WHOLE_LIST);
  return { type: 8, packetId, requests, properties };
}

/**
 * Decodes a SUBSCRIBE up to its first request. Skips user properties unless
 * asked to keep them.
 *
 * @throws {ProtocolError} 0x81 when malformed; 0x82 for packet id 0, no topic
 * filter [MQTT-3.8.3-2], or a duplicate property.
 */
export function decodeSubscribeHead(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  userProperties: UserProperties = "skip",
): FilterListHead {
  const place = PropertyPlace.Subscribe;
  return decodeListHead(chunk, frame, version, place, userProperties);
}

/**
 * Decodes requests of a SUBSCRIBE from `at` up to `end` into `requests`, as
 * many as `slice` allows. Returns the offset behind the last.
 *
 * @throws {ProtocolError} 0x81 when malformed or with reserved bits
 * [MQTT-3.8.3-5]; 0x82 for QoS 3 and for Retain Handling 3.
 */
export function decodeRequests(
  requests: SubscriptionRequest[],
  chunk: Uint8Array,
  at: number,
  end: number,
  version: ProtocolVersion,
  slice: FilterListSlice,
): number {
  const reader = new ByteReader(chunk, at, end);
  const stop = Math.min(end, at + slice.bytes);
  while (reader.at < stop && requests.length < slice.filters) {
    requests.push(decodeRequest(reader, version));
  }
  return reader.at;
}

function decodeRequest(
  reader: ByteReader,
  version: ProtocolVersion,
): SubscriptionRequest {
  const filter = reader.utf8();
  const options = reader.uint8();
  // [MQTT-3.8.3-5]; all but the QoS is reserved in 3.x [MQTT-3-8.3-4].
  if ((options & (version === 5 ? 0xc0 : 0xfc)) !== 0) {
    throw malformed("Subscription Options have reserved bits set");
  }
  const qos = options & 3;
  const retainHandling = options >> 4;
  if (qos === 3) throw violation("SUBSCRIBE requests QoS 3");
  if (retainHandling === 3) throw violation("SUBSCRIBE has Retain Handling 3");
  return {
    filter,
    qos: qos as QoS,
    noLocal: (options & 4) !== 0,
    retainAsPublished: (options & 8) !== 0,
    retainHandling: retainHandling as 0 | 1 | 2,
  };
}
