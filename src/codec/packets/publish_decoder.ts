import type { ProtocolVersion, QoS } from "../../mqtt/mod.ts";
import { malformed, violation } from "../bytes/errors.ts";
import type { Frame } from "../bytes/frame.ts";
import {
  decodePublishProperties,
  type PublishPlace,
  PublishProperties,
} from "../bytes/publish_properties.ts";

/**
 * PUBLISH (3.3), as offsets into the chunk it stands in: one object serves all,
 * and what it says is valid only during the turn that decoded it.
 */
export class PublishPacket extends PublishProperties {
  /** PUBLISH. */
  readonly type = 3;
  /** What the offsets point into. */
  chunk: Uint8Array = new Uint8Array(0);
  /** Offset of the first byte of the frame. */
  start = 0;
  /** Offset behind the frame, and so behind the payload. */
  end = 0;
  /** As sent; never 3. */
  qos: QoS = 0;
  /** Sent before, perhaps; never at QoS 0. */
  dup = false;
  /** To be retained, or on the client side: was retained. */
  retain = false;
  /** The topic name's bytes: not decoded, not validated. */
  topicStart = 0;
  /** Equal to `topicStart` only when `topicAlias` stands for the topic. */
  topicEnd = 0;
  /** 1 to 65,535, or 0 at QoS 0. */
  packetId = 0;
  /** Offset of the payload; it reaches to `end`. */
  payloadStart = 0;
  /** True for 3.x, and for 5.0 when there was no property at all. */
  propertiesPlain = true;
}

/**
 * Decodes the PUBLISH that `frame` describes, sent by a client. The topic's
 * bytes are left alone: who looks them up validates them when they are new.
 *
 * @throws {ProtocolError} 0x81 when malformed; 0x82 for packet id 0
 * [MQTT-2.2.1-3], an empty topic without an alias, a subscription identifier
 * [MQTT-3.3.4-6], a duplicate property; 0x94 for topic alias 0.
 */
export function decodePublish(
  into: PublishPacket,
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): void {
  decode(into, chunk, frame, version, "from client");
}

/** As `decodePublish`, sent by a server: subscription identifiers may stand. */
export function decodeDelivery(
  into: PublishPacket,
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): void {
  decode(into, chunk, frame, version, "from server");
}

// The hottest decoder: index arithmetic only, nothing allocated, unless there
// are properties.
function decode(
  into: PublishPacket,
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  place: PublishPlace,
): void {
  const first = frame.firstByte;
  const end = frame.end;
  const topicStart = frame.bodyStart + 2;
  if (topicStart > end) throw malformed("PUBLISH has no topic name");
  const topicEnd = topicStart +
    (chunk[topicStart - 2] << 8 | chunk[topicStart - 1]);
  // QoS 3 never gets here: `readFrame` refuses the first byte.
  const qos = (first >> 1 & 3) as QoS;
  let at = qos === 0 ? topicEnd : topicEnd + 2;
  if (at > end) throw malformed("PUBLISH ends before its payload");
  let packetId = 0;
  if (qos !== 0) {
    packetId = chunk[at - 2] << 8 | chunk[at - 1];
    if (packetId === 0) throw violation("PUBLISH has packet identifier 0");
  }
  into.chunk = chunk;
  into.start = frame.start;
  into.end = end;
  into.qos = qos;
  into.dup = (first & 8) !== 0;
  into.retain = (first & 1) !== 0;
  into.topicStart = topicStart;
  into.topicEnd = topicEnd;
  into.packetId = packetId;
  into.topicAlias = 0;
  into.messageExpiry = -1;
  into.payloadFormat = 0;
  into.identifiers = null;
  into.properties = null;
  into.propertiesPlain = true;
  if (version === 5) {
    if (at >= end) throw malformed("PUBLISH has no property length");
    if (chunk[at] === 0) {
      at++;
    } else {
      into.propertiesPlain = false;
      at = decodePublishProperties(into, chunk, at, end, place);
    }
  }
  if (topicEnd === topicStart && into.topicAlias === 0) {
    throw violation("PUBLISH has neither topic name nor Topic Alias (0x23)");
  }
  into.payloadStart = at;
}
