import {
  type ConnectPacket,
  type Properties,
  ProtocolError,
  type ProtocolVersion,
  type QoS,
  ReasonCode,
  type WillPacket,
} from "../../mqtt/mod.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { ConnectError } from "./connect_error.ts";
import { malformed, violation } from "../bytes/errors.ts";
import type { Frame } from "../bytes/frame.ts";
import {
  decodeProperties,
  type UserProperties,
} from "../bytes/properties_decoder.ts";
import { PropertyPlace } from "../bytes/property_place.ts";
import {
  decodePublishProperties,
  PublishProperties,
} from "../bytes/publish_properties.ts";

// Connect flags (3.1.2.3).
const RESERVED = 0x01;
const CLEAN_START = 0x02;
const WILL = 0x04;
const WILL_QOS_SHIFT = 3;
const WILL_QOS = 0x18;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USER_NAME = 0x80;

/** Mosquitto's mark of a bridge, in the byte of the protocol version. */
const BRIDGE = 0x80;

/**
 * Decodes the CONNECT that `frame` describes. The caller checks the length of
 * the client id and the will topic: its refusal can name both. Skips user
 * properties unless asked to keep them; keeps those of a will.
 *
 * @throws {ConnectError} with the version to answer in; 0x84 for an unknown
 * version, before any later field is read [MQTT-3.1.2-2]; 0x81 when malformed,
 * also for bytes behind the payload; 0x82 for values that are not allowed.
 */
export function decodeConnect(
  chunk: Uint8Array,
  frame: Frame,
  userProperties: UserProperties = "skip",
): ConnectPacket {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  let version: ProtocolVersion | null = null;
  try {
    const name = reader.utf8();
    const level = reader.uint8();
    version = versionOf(name, level);
    // The header's flags: reserved [MQTT-2.1.3-1], but not used in 3.1.
    if ((frame.firstByte & 15) !== 0 && version !== 3) {
      throw malformed(
        `flags of CONNECT are ${frame.firstByte & 15}, not 0`,
      );
    }
    const bridge = (level & BRIDGE) !== 0;
    return decodeBody(reader, version, bridge, userProperties);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error instanceof ConnectError) {
      throw error;
    }
    throw new ConnectError(error.reasonCode, error.message, version);
  }
}

function versionOf(name: string, level: number): ProtocolVersion {
  if (name !== "MQTT" && name !== "MQIsdp") {
    // [MQTT-3.1.2-1]
    throw malformed("Protocol Name of CONNECT is neither MQTT nor MQIsdp");
  }
  const version = level & ~BRIDGE;
  if (name === "MQIsdp") {
    if (version === 3) return 3;
  } else if (version === 4 || version === 5) return version;
  // Clients of later versions read the CONNACK of MQTT 5.0; earlier ones, and
  // all with MQIsdp, the short one.
  throw new ConnectError(
    ReasonCode.UnsupportedProtocolVersion,
    `Protocol Name ${name} with Protocol Version ${level} is not supported`,
    name === "MQTT" && version >= 5 ? 5 : 4,
  );
}

function decodeBody(
  reader: ByteReader,
  version: ProtocolVersion,
  bridge: boolean,
  userProperties: UserProperties,
): ConnectPacket {
  const flags = reader.uint8();
  checkFlags(flags, version);
  const keepAlive = reader.uint16();
  const properties: Properties = version === 5
    ? decodeProperties(reader, PropertyPlace.Connect, userProperties)
    : {};
  const clientId = reader.utf8();
  const will = (flags & WILL) === 0 ? null : decodeWill(reader, flags, version);
  const username = isPresent(reader, flags & USER_NAME, version)
    ? reader.utf8()
    : null;
  const password = isPresent(reader, flags & PASSWORD, version)
    ? reader.binary()
    : null;
  reader.finish();
  return {
    type: 1,
    version,
    bridge,
    clientId,
    cleanStart: (flags & CLEAN_START) !== 0,
    keepAlive,
    username,
    password,
    will,
    properties,
  };
}

/** In MQTT 3.1 the Remaining Length overrides these two flags (3.1, 3.1). */
function isPresent(
  reader: ByteReader,
  flag: number,
  version: ProtocolVersion,
): boolean {
  return flag !== 0 && (version !== 3 || reader.at < reader.end);
}

function checkFlags(flags: number, version: ProtocolVersion): void {
  // [MQTT-3.1.2-3]; MQTT 3.1 does not use the bit.
  if ((flags & RESERVED) !== 0 && version !== 3) {
    throw malformed("Connect Flags have the reserved bit set");
  }
  if ((flags & WILL) === 0) {
    // [MQTT-3.1.2-11], [MQTT-3.1.2-13]
    if ((flags & (WILL_QOS | WILL_RETAIN)) !== 0) {
      throw malformed("CONNECT sets Will QoS or Will Retain without Will Flag");
    }
  } else if ((flags & WILL_QOS) === WILL_QOS) {
    // [MQTT-3.1.2-12]
    throw malformed("CONNECT has Will QoS 3");
  }
  // [MQTT-3.1.2-22] of MQTT 3.1.1; MQTT 5.0 allows it.
  if (version !== 5 && (flags & (USER_NAME | PASSWORD)) === PASSWORD) {
    throw violation("CONNECT has a password but no user name");
  }
}

function decodeWill(
  reader: ByteReader,
  flags: number,
  version: ProtocolVersion,
): WillPacket {
  const said = new PublishProperties();
  if (version === 5) {
    reader.at = decodePublishProperties(
      said,
      reader.chunk,
      reader.at,
      reader.end,
      "will",
    );
  }
  return {
    topic: reader.utf8(),
    payload: reader.binary(),
    qos: ((flags & WILL_QOS) >> WILL_QOS_SHIFT) as QoS,
    retain: (flags & WILL_RETAIN) !== 0,
    delay: said.willDelay,
    messageExpiry: said.messageExpiry,
    payloadFormat: said.payloadFormat,
    properties: said.properties,
  };
}
