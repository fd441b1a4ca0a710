import { hexByte, packetName, type ProtocolVersion } from "../../mqtt/mod.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { malformed, violation } from "../bytes/errors.ts";
import type { Frame } from "../bytes/frame.ts";
import { decodeProperties } from "../bytes/properties_decoder.ts";
import { isReasonCodeOf } from "../bytes/reason_codes.ts";

/** PUBACK, PUBREC, PUBREL or PUBCOMP (3.4 to 3.7): one object serves all. */
export class AckPacket {
  /** One of the four, as in `PacketType`. */
  type: 4 | 5 | 6 | 7 = 4;
  /** 1 to 65,535. */
  packetId = 0;
  /** Always 0 in 3.x. */
  reasonCode = 0;
}

/**
 * Decodes the acknowledgement that `frame` describes. Checks its properties and
 * drops them: they are for people.
 *
 * @throws {ProtocolError} 0x81 when malformed, also for bytes behind the packet
 * id in 3.x; 0x82 for packet id 0, a reason code that the packet does not have
 * [MQTT-3.4.2-1], or a duplicate property.
 */
export function decodeAck(
  into: AckPacket,
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): void {
  const start = frame.bodyStart;
  const length = frame.end - start;
  if (length < 2 || (length > 2 && version !== 5)) {
    throw malformed(
      `${packetName(frame.type)} has a Remaining Length of ${length}, not ` +
        (version === 5 ? "2 or more" : "2"),
    );
  }
  const packetId = chunk[start] << 8 | chunk[start + 1];
  if (packetId === 0) {
    throw violation(`${packetName(frame.type)} has packet identifier 0`);
  }
  into.type = frame.type as 4 | 5 | 6 | 7;
  into.packetId = packetId;
  into.reasonCode = 0;
  if (length > 2) decodeReason(into, chunk, start + 2, frame.end);
}

function decodeReason(
  into: AckPacket,
  chunk: Uint8Array,
  at: number,
  end: number,
): void {
  const { type } = into;
  const code = chunk[at++];
  if (!isReasonCodeOf(type, code)) {
    throw violation(
      `reason code ${hexByte(code)} is not allowed in ${packetName(type)}`,
    );
  }
  into.reasonCode = code;
  // The Property Length may be absent: no properties (3.4.2.2.1).
  if (at === end) return;
  if (chunk[at] === 0 && at + 1 === end) return;
  const reader = new ByteReader(chunk, at, end);
  decodeProperties(reader, 1 << type, "skip");
  reader.finish();
}
