import { type Properties, PropertyId } from "../../mqtt/mod.ts";
import { ByteWriter } from "./byte_writer.ts";

type NumberName =
  | "sessionExpiryInterval"
  | "serverKeepAlive"
  | "receiveMaximum"
  | "topicAliasMaximum"
  | "maximumQoS"
  | "maximumPacketSize"
  | "subscriptionIdentifier";
type FlagName =
  | "requestProblemInformation"
  | "requestResponseInformation"
  | "retainAvailable"
  | "wildcardSubscriptionAvailable"
  | "subscriptionIdentifierAvailable"
  | "sharedSubscriptionAvailable";
type TextName =
  | "assignedClientIdentifier"
  | "authenticationMethod"
  | "responseInformation"
  | "serverReference";
type Width = "uint8" | "uint16" | "uint32" | "varint";

const NUMBERS: readonly (readonly [NumberName, number, Width])[] = [
  ["sessionExpiryInterval", PropertyId.SessionExpiryInterval, "uint32"],
  ["serverKeepAlive", PropertyId.ServerKeepAlive, "uint16"],
  ["receiveMaximum", PropertyId.ReceiveMaximum, "uint16"],
  ["topicAliasMaximum", PropertyId.TopicAliasMaximum, "uint16"],
  ["maximumQoS", PropertyId.MaximumQoS, "uint8"],
  ["maximumPacketSize", PropertyId.MaximumPacketSize, "uint32"],
  ["subscriptionIdentifier", PropertyId.SubscriptionIdentifier, "varint"],
];

const FLAGS: readonly (readonly [FlagName, number])[] = [
  ["requestProblemInformation", PropertyId.RequestProblemInformation],
  ["requestResponseInformation", PropertyId.RequestResponseInformation],
  ["retainAvailable", PropertyId.RetainAvailable],
  ["wildcardSubscriptionAvailable", PropertyId.WildcardSubscriptionAvailable],
  [
    "subscriptionIdentifierAvailable",
    PropertyId.SubscriptionIdentifierAvailable,
  ],
  ["sharedSubscriptionAvailable", PropertyId.SharedSubscriptionAvailable],
];

const TEXTS: readonly (readonly [TextName, number])[] = [
  ["assignedClientIdentifier", PropertyId.AssignedClientIdentifier],
  ["authenticationMethod", PropertyId.AuthenticationMethod],
  ["responseInformation", PropertyId.ResponseInformation],
  ["serverReference", PropertyId.ServerReference],
];

/**
 * Writes the Property Length and all properties that are set. The caller sets
 * only properties that the packet may have (MQTT 5.0, 2.2.2.2). Cuts a reason
 * string above 65,535 bytes; throws RangeError for any other longer field.
 */
export function encodeProperties(
  into: ByteWriter,
  properties: Properties,
): void {
  const writer = new ByteWriter();
  for (const [name, id, width] of NUMBERS) {
    const value = properties[name];
    if (value === undefined) continue;
    writer.uint8(id);
    writer[width](value);
  }
  for (const [name, id] of FLAGS) {
    const value = properties[name];
    if (value === undefined) continue;
    writer.uint8(id);
    writer.uint8(value ? 1 : 0);
  }
  for (const [name, id] of TEXTS) {
    const value = properties[name];
    if (value === undefined) continue;
    writer.uint8(id);
    writer.utf8(value);
  }
  // A long reason must not keep its packet from being sent.
  if (properties.reasonString !== undefined) {
    writer.uint8(PropertyId.ReasonString);
    writer.prose(properties.reasonString);
  }
  if (properties.authenticationData !== undefined) {
    writer.uint8(PropertyId.AuthenticationData);
    writer.binary(properties.authenticationData);
  }
  for (const [name, value] of properties.userProperties ?? []) {
    writer.uint8(PropertyId.UserProperty);
    writer.utf8(name);
    writer.utf8(value);
  }
  into.counted(writer);
}

/** Returns whether no property is set. */
export function isEmpty(properties: Properties): boolean {
  for (const value of Object.values(properties)) {
    if (value !== undefined) return false;
  }
  return true;
}
