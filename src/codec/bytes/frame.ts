import {
  packetName,
  PacketType,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
} from "../../mqtt/mod.ts";
import { malformed } from "./errors.ts";

/** The place of one control packet in a chunk. One object serves all frames. */
export class Frame {
  /** Packet type in the high nibble, flags in the low one (2.1). */
  firstByte = 0;
  /** Offset of the first byte. */
  start = 0;
  /** Offset behind the fixed header. */
  bodyStart = 0;
  /** Offset behind the packet. */
  end = 0;
  /** Bytes of the whole packet while it is incomplete; 0 if not yet known. */
  needed = 0;

  /** The packet type, 1 to 15. */
  get type(): PacketType {
    return (this.firstByte >> 4) as PacketType;
  }
}

/** Kinds of first bytes: of no packet, of a packet, of one without a body. */
const REFUSED = 0;
const WITH_BODY = 1;
const WITHOUT_BODY = 2;

/** Packets whose four flags MQTT 3.1 does not use: any value is allowed. */
const UNUSED_IN_3_1 = [
  PacketType.Puback,
  PacketType.Pubrec,
  PacketType.Pubcomp,
  PacketType.Pingreq,
  PacketType.Disconnect,
];

/** Packets whose flags are 2, which MQTT 3.1 calls QoS 1. */
const WITH_QOS_1: readonly number[] = [
  PacketType.Pubrel,
  PacketType.Subscribe,
  PacketType.Unsubscribe,
];

const FIRST_BYTES = firstBytes();
const FIRST_BYTES_3_1 = firstBytesOf31();

function firstBytes(): Uint8Array {
  const table = new Uint8Array(256);
  for (let type = PacketType.Connect; type <= PacketType.Auth; type++) {
    table[type << 4] = WITH_BODY;
  }
  table[PacketType.Pingreq << 4] = WITHOUT_BODY;
  table[PacketType.Pingresp << 4] = WITHOUT_BODY;
  for (const type of WITH_QOS_1) {
    table[type << 4] = REFUSED;
    table[type << 4 | 2] = WITH_BODY;
  }
  for (let flags = 0; flags < 16; flags++) {
    const qos = flags >> 1 & 3;
    const dupAtQoS0 = qos === 0 && flags >= 8;
    table[PacketType.Publish << 4 | flags] = qos === 3 || dupAtQoS0
      ? REFUSED
      : WITH_BODY;
    // The body of CONNECT has its version: its decoder judges the flags.
    table[PacketType.Connect << 4 | flags] = WITH_BODY;
  }
  return table;
}

/** Builds the table of MQTT 3.1: unused flags, and DUP on more than PUBLISH. */
function firstBytesOf31(): Uint8Array {
  const table = firstBytes();
  for (const type of UNUSED_IN_3_1) {
    table.fill(table[type << 4], type << 4, (type << 4) + 16);
  }
  for (const type of WITH_QOS_1) {
    // MQTT 3.1 does not use RETAIN here; DUP marks another try.
    for (const flags of [1, 8, 9]) table[type << 4 | 2 | flags] = WITH_BODY;
  }
  return table;
}

/**
 * Reads the fixed header of the packet in `chunk` from `start` up to `end`.
 *
 * Returns the length in bytes of a complete packet, which `frame` describes.
 * Returns 0 while bytes are missing: `frame.needed` has the length of the whole
 * packet, or 0 while that is unknown. Allocates nothing.
 *
 * PINGREQ and PINGRESP need no decoder: this function refuses a body.
 *
 * @param maxPacketSize Largest packet to accept, in bytes with the header.
 * @param version The connection's; 4 before CONNECT.
 * @throws {ProtocolError} 0x81 for packet type 0, for flags that the type does
 * not have [MQTT-2.1.3-1] (the decoder of CONNECT judges its own), QoS 3
 * [MQTT-3.3.1-4], DUP at QoS 0 [MQTT-3.3.1-2], and a Remaining Length of five
 * bytes or not in its shortest form [MQTT-1.5.5-1]; 0x95 when the packet is
 * larger than `maxPacketSize`. Throws as soon as the first bytes show the
 * error, before the packet is complete.
 */
export function readFrame(
  frame: Frame,
  chunk: Uint8Array,
  start: number,
  end: number,
  maxPacketSize: number,
  version: ProtocolVersion,
): number {
  frame.needed = 0;
  if (start >= end) return 0;
  const first = chunk[start];
  const kind = (version === 3 ? FIRST_BYTES_3_1 : FIRST_BYTES)[first];
  if (kind === REFUSED) throw refusedFirstByte(first);
  let at = start + 1;
  if (at >= end) return 0;
  let length = chunk[at++];
  if (length >= 128) {
    // Written out as a loop of at most three turns; most packets skip it.
    length &= 127;
    for (let shift = 7;; shift += 7) {
      if (shift > 21) throw malformed("Remaining Length has more than 4 bytes");
      if (at >= end) return 0;
      const byte = chunk[at++];
      length |= (byte & 127) << shift;
      if (byte >= 128) continue;
      if (byte === 0) {
        throw malformed("Remaining Length is not in its shortest form");
      }
      break;
    }
  }
  const packetEnd = at + length;
  const total = packetEnd - start;
  if (total > maxPacketSize) throw tooLarge(total, maxPacketSize);
  if (kind === WITHOUT_BODY && length !== 0) {
    throw malformed(
      `${packetName(first >> 4)} has a Remaining Length of ${length}, not 0`,
    );
  }
  if (packetEnd > end) {
    frame.needed = total;
    return 0;
  }
  frame.firstByte = first;
  frame.start = start;
  frame.bodyStart = at;
  frame.end = packetEnd;
  return total;
}

function tooLarge(total: number, maxPacketSize: number): ProtocolError {
  return new ProtocolError(
    ReasonCode.PacketTooLarge,
    `the packet has ${total} bytes, more than the maximum of ${maxPacketSize}`,
  );
}

function refusedFirstByte(first: number): ProtocolError {
  const type = first >> 4;
  if (type === 0) return malformed("packet type 0 is reserved");
  if (type !== PacketType.Publish) {
    const expected = WITH_QOS_1.includes(type) ? 2 : 0;
    return malformed(
      `flags of ${packetName(type)} are ${first & 15}, not ${expected}`,
    );
  }
  return malformed(
    (first & 6) === 6 ? "PUBLISH has QoS 3" : "PUBLISH sets DUP at QoS 0",
  );
}
