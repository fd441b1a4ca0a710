import {
  packetName,
  PacketType,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
} from "../../mqtt/mod.ts";
import { malformed } from "./errors.ts";

/** Where one control packet stands in a chunk. One object serves all frames. */
export class Frame {
  /** Packet type in the high nibble, flags in the low one (2.1). */
  firstByte = 0;
  /** Offset of the first byte. */
  start = 0;
  /** Offset behind the fixed header. */
  bodyStart = 0;
  /** Offset behind the packet. */
  end = 0;
  /** Bytes of the whole packet when it is not complete, 0 if not yet known. */
  needed = 0;

  /** The packet type, 1 to 15. */
  get type(): PacketType {
    return (this.firstByte >> 4) as PacketType;
  }
}

/** What a first byte may begin: nothing, a packet, or one without a body. */
const REFUSED = 0;
const WITH_BODY = 1;
const WITHOUT_BODY = 2;

/** Whose four flags MQTT 3.1 calls "not used": they may be anything. */
const UNUSED_IN_3_1 = [
  PacketType.Puback,
  PacketType.Pubrec,
  PacketType.Pubcomp,
  PacketType.Pingreq,
  PacketType.Disconnect,
];

/** What is sent with QoS 1 in its header, as 3.1 reads it. */
const WITH_QOS_1 = [
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
    // Which version rules a CONNECT is in its body: its decoder judges them.
    table[PacketType.Connect << 4 | flags] = WITH_BODY;
  }
  return table;
}

/** MQTT 3.1 has flags that mean nothing, and DUP on more than PUBLISH. */
function firstBytesOf31(): Uint8Array {
  const table = firstBytes();
  for (const type of UNUSED_IN_3_1) {
    table.fill(table[type << 4], type << 4, (type << 4) + 16);
  }
  for (const type of WITH_QOS_1) {
    // RETAIN is not used there, DUP tells of another try.
    for (const flags of [1, 8, 9]) table[type << 4 | 2 | flags] = WITH_BODY;
  }
  return table;
}

/**
 * Looks for one packet in `chunk` from `start` up to `end`.
 *
 * Above 0: it is complete, `frame` describes it, and this is its length in
 * bytes. 0: more bytes are needed, and `frame.needed` tells how many the whole
 * packet has, or 0 while even that is unknown. Costs no allocation.
 *
 * PINGREQ and PINGRESP need no decoder of their own: a body is refused here.
 *
 * @param maxPacketSize Largest packet to accept, in bytes with the header.
 * @param version Of the connection; 4 while CONNECT has not told it.
 * @throws {ProtocolError} 0x81 for a packet type 0, for flags the type does
 * not have [MQTT-2.1.3-1] (those of CONNECT are its decoder's), QoS 3
 * [MQTT-3.3.1-4], DUP at QoS 0 [MQTT-3.3.1-2], and a remaining length of five
 * bytes or not in its shortest form [MQTT-1.5.5-1]; 0x95 when the packet is
 * larger than `maxPacketSize`. Each as soon as the bytes that tell it are
 * there, not when the packet is complete.
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
    throw malformed(`${packetName(first >> 4)} has a body`);
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
    `packet of ${total} bytes exceeds the maximum of ${maxPacketSize}`,
  );
}

function refusedFirstByte(first: number): ProtocolError {
  const type = first >> 4;
  if (type === 0) return malformed("packet type 0 is reserved");
  if (type !== PacketType.Publish) {
    return malformed(
      `fixed header flags of ${packetName(type)} are ${first & 15}`,
    );
  }
  return malformed(
    (first & 6) === 6 ? "PUBLISH has QoS 3" : "PUBLISH sets DUP at QoS 0",
  );
}
