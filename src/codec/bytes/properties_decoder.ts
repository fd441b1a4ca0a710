import {
  packetName,
  PacketType,
  type Properties,
  PropertyId,
  propertyName,
} from "../../mqtt/mod.ts";
import type { ByteReader } from "./byte_reader.ts";
import { malformed, violation } from "./errors.ts";
import { PropertyPlace as In } from "./property_place.ts";

/** One row of the table in MQTT 5.0, 2.2.2.2. */
interface Rule {
  /** Bits of `PropertyPlace`. */
  readonly places: number;
  readonly read: (into: Properties, reader: ByteReader) => void;
}

const ANSWERS = In.Connack | In.Puback | In.Pubrec | In.Pubrel | In.Pubcomp |
  In.Suback | In.Unsuback | In.Disconnect | In.ServerDisconnect | In.Auth;

const RULES: Readonly<Record<number, Rule | undefined>> = {
  [PropertyId.SubscriptionIdentifier]: {
    places: In.Subscribe,
    read: (p, r) =>
      p.subscriptionIdentifier = positive(
        r.varint(),
        PropertyId.SubscriptionIdentifier,
      ),
  },
  [PropertyId.SessionExpiryInterval]: {
    // [MQTT-3.14.2-2]: a server's DISCONNECT must not have it.
    places: In.Connect | In.Connack | In.Disconnect,
    read: (p, r) => p.sessionExpiryInterval = r.uint32(),
  },
  [PropertyId.AssignedClientIdentifier]: {
    places: In.Connack,
    read: (p, r) => p.assignedClientIdentifier = r.utf8(),
  },
  [PropertyId.ServerKeepAlive]: {
    places: In.Connack,
    read: (p, r) => p.serverKeepAlive = r.uint16(),
  },
  [PropertyId.AuthenticationMethod]: {
    places: In.Connect | In.Connack | In.Auth,
    read: (p, r) => p.authenticationMethod = r.utf8(),
  },
  [PropertyId.AuthenticationData]: {
    places: In.Connect | In.Connack | In.Auth,
    read: (p, r) => p.authenticationData = r.binary(),
  },
  [PropertyId.RequestProblemInformation]: {
    places: In.Connect,
    read: (p, r) =>
      p.requestProblemInformation = flag(
        r.uint8(),
        PropertyId.RequestProblemInformation,
      ),
  },
  [PropertyId.RequestResponseInformation]: {
    places: In.Connect,
    read: (p, r) =>
      p.requestResponseInformation = flag(
        r.uint8(),
        PropertyId.RequestResponseInformation,
      ),
  },
  [PropertyId.ResponseInformation]: {
    places: In.Connack,
    read: (p, r) => p.responseInformation = r.utf8(),
  },
  [PropertyId.ServerReference]: {
    // A client has nowhere to send the server to (3.14.2.2.5).
    places: In.Connack | In.ServerDisconnect,
    read: (p, r) => p.serverReference = r.utf8(),
  },
  [PropertyId.ReasonString]: {
    places: ANSWERS,
    read: (p, r) => p.reasonString = r.utf8(),
  },
  [PropertyId.ReceiveMaximum]: {
    places: In.Connect | In.Connack,
    // With 0 the peer could never send a message (3.1.2.11.3).
    read: (p, r) =>
      p.receiveMaximum = positive(r.uint16(), PropertyId.ReceiveMaximum),
  },
  [PropertyId.TopicAliasMaximum]: {
    places: In.Connect | In.Connack,
    read: (p, r) => p.topicAliasMaximum = r.uint16(),
  },
  [PropertyId.MaximumQoS]: {
    places: In.Connack,
    // Absent means 2 (3.2.2.3.4).
    read: (p, r) =>
      p.maximumQoS = flag(r.uint8(), PropertyId.MaximumQoS) ? 1 : 0,
  },
  [PropertyId.RetainAvailable]: {
    places: In.Connack,
    read: (p, r) =>
      p.retainAvailable = flag(r.uint8(), PropertyId.RetainAvailable),
  },
  [PropertyId.UserProperty]: {
    places: ANSWERS | In.Connect | In.Subscribe | In.Unsubscribe,
    read: (p, r) => {
      // Only this property may repeat, and its order counts (3.1.2.11.8).
      const name = r.utf8();
      (p.userProperties ??= []).push([name, r.utf8()]);
    },
  },
  [PropertyId.MaximumPacketSize]: {
    places: In.Connect | In.Connack,
    read: (p, r) =>
      p.maximumPacketSize = positive(r.uint32(), PropertyId.MaximumPacketSize),
  },
  [PropertyId.WildcardSubscriptionAvailable]: {
    places: In.Connack,
    read: (p, r) =>
      p.wildcardSubscriptionAvailable = flag(
        r.uint8(),
        PropertyId.WildcardSubscriptionAvailable,
      ),
  },
  [PropertyId.SubscriptionIdentifierAvailable]: {
    places: In.Connack,
    read: (p, r) =>
      p.subscriptionIdentifierAvailable = flag(
        r.uint8(),
        PropertyId.SubscriptionIdentifierAvailable,
      ),
  },
  [PropertyId.SharedSubscriptionAvailable]: {
    places: In.Connack,
    read: (p, r) =>
      p.sharedSubscriptionAvailable = flag(
        r.uint8(),
        PropertyId.SharedSubscriptionAvailable,
      ),
  },
};

/**
 * Whether a decoder keeps user properties. The broker uses those of PUBLISH
 * alone, and any packet may have millions.
 */
export type UserProperties = "keep" | "skip";

/**
 * Decodes the Property Length at the reader's position and the properties
 * behind it, for a packet of one `PropertyPlace`. Checks skipped user
 * properties, too.
 *
 * @throws {ProtocolError} 0x81 for a property that is unknown, not allowed in
 * the packet (2.2.2.2) or longer than the Property Length; 0x82 for a
 * duplicate, for a 0 that the specification forbids, for a flag other than 0
 * and 1, and for authentication data without a method (3.1.2.11.10).
 */
export function decodeProperties(
  reader: ByteReader,
  place: number,
  userProperties: UserProperties,
): Properties {
  const properties: Properties = {};
  const length = reader.varint();
  if (length === 0) return properties;
  const packetEnd = reader.end;
  const end = reader.skip(length) + length;
  reader.at = end - length;
  // No property may reach beyond the Property Length.
  reader.end = end;
  // Identifiers reach 42, more than one number has bits.
  let seenLow = 0;
  let seenHigh = 0;
  while (reader.at < end) {
    // A variable byte integer, but all identifiers have one byte: no rule has
    // one with the continuation bit.
    const id = reader.uint8();
    const rule = RULES[id];
    if (rule === undefined || (rule.places & place) === 0) {
      throw malformed(
        `${propertyName(id)} is not allowed in ${packetOf(place)}`,
      );
    }
    if (id === PropertyId.UserProperty) {
      if (userProperties === "skip") {
        reader.skipPair();
        continue;
      }
    } else {
      const bit = 1 << (id & 31);
      if (((id < 32 ? seenLow : seenHigh) & bit) !== 0) {
        throw violation(`duplicate property ${propertyName(id)}`);
      }
      if (id < 32) seenLow |= bit;
      else seenHigh |= bit;
    }
    rule.read(properties, reader);
  }
  reader.end = packetEnd;
  if (
    properties.authenticationData !== undefined &&
    properties.authenticationMethod === undefined
  ) {
    throw violation(
      "Authentication Data (0x16) without Authentication Method (0x15)",
    );
  }
  return properties;
}

function positive(value: number, id: number): number {
  if (value === 0) throw violation(`${propertyName(id)} must not be 0`);
  return value;
}

function flag(value: number, id: number): boolean {
  if (value > 1) {
    throw violation(`${propertyName(id)} is ${value}, not 0 or 1`);
  }
  return value === 1;
}

/** Returns the name of the packet that `place` stands for. */
function packetOf(place: number): string {
  return place === In.ServerDisconnect
    ? packetName(PacketType.Disconnect)
    : packetName(Math.log2(place));
}
