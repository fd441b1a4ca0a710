import type { ProtocolVersion, QoS } from "../../mqtt/mod.ts";
import { malformed, violation } from "../bytes/errors.ts";
import type { Frame } from "../bytes/frame.ts";
import {
  decodePublishProperties,
  type PublishPlace,
  PublishProperties,
} from "../bytes/publish_properties.ts";

/**
 * PUBLISH (3.3), as offsets into its chunk. One object serves all packets; its
 * fields are valid only during the turn that decoded them.
 */
export class PublishPacket extends PublishProperties {
  /** PUBLISH. */
  readonly type = 3;
  /** The bytes that the offsets point into. */
  chunk: Uint8Array = new Uint8Array(0);
  /** Offset of the first byte of the frame. */
  start = 0;
  /** Offset behind the frame, and so behind the payload. */
  end = 0;
  /** The QoS; never 3. */
  qos: QoS = 0;
  /** The DUP flag; never set at QoS 0. */
  dup = false;
  /** The RETAIN flag. */
  retain = false;
  /** Offset of the topic name, neither decoded nor validated. */
  topicStart = 0;
  /** Offset behind it; `topicStart` where `topicAlias` replaces the name. */
  topicEnd = 0;
  /** 1 to 65,535, or 0 at QoS 0. */
  packetId = 0;
  /** Offset of the payload; it reaches to `end`. */
  payloadStart = 0;
  /** True for 3.x, and for 5.0 without any property. */
  propertiesPlain = true;
}

/**
 * Decodes the PUBLISH of a client that `frame` describes. Leaves the topic name
 * alone: the router validates it when it is new.
 *
 * @throws {ProtocolError} 0x81 when malformed; 0x82 for packet id 0
 * [MQTT-2.2.1-3], an empty topic name without an alias, a subscription
 * identifier [MQTT-3.3.4-6], a duplicate property; 0x94 for Topic Alias 0.
 */
export function decodePublish(
  into: PublishPacket,
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): void {
  decode(into, chunk, frame, version, "from client");
}

/** Decodes the PUBLISH of a server, which may have subscription identifiers. */
export function decodeDelivery(
  into: PublishPacket,
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): void {
  decode(into, chunk, frame, version, "from server");
}

// The hottest decoder: index arithmetic without allocation, except for
// properties.
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
  if (topicStart > end) {
    throw malformed("PUBLISH ends before or inside its Topic Name");
  }
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
    if (at >= end) throw malformed("PUBLISH has no Property Length");
    if (chunk[at] === 0) {
      at++;
    } else {
      into.propertiesPlain = false;
      at = decodePublishProperties(into, chunk, at, end, place);
    }
  }
  if (topicEnd === topicStart && into.topicAlias === 0) {
    throw violation(
      "PUBLISH has neither a Topic Name nor a Topic Alias (0x23)",
    );
  }
  into.payloadStart = at;
}
