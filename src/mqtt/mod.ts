/** The protocol's words: packets, properties, reason codes, topics, errors. */
export type { ProtocolVersion, QoS } from "./version.ts";
export { PacketType } from "./packet_type.ts";
export {
  hexByte,
  packetName,
  propertyKey,
  propertyName,
  reasonName,
} from "./names.ts";
export { ReasonCode, ReturnCode } from "./reason_code.ts";
export { ProtocolError } from "./protocol_error.ts";
export { PropertyId } from "./properties.ts";
export type { Properties, UserProperty } from "./properties.ts";
export { Topic } from "./topic.ts";
export {
  isWildcardAt,
  levelCount,
  parseFilter,
  sharedFilter,
  topicMatches,
  validateTopicFilter,
  validateTopicName,
} from "./topics.ts";
export type { ParsedFilter } from "./topics.ts";
export {
  decodeUtf8,
  encodeUtf8,
  isLonger,
  isWellFormedUtf8,
  ownText,
} from "./utf8.ts";
export { type ByteOwner, Message } from "./message.ts";
export type { SubscriptionOptions } from "./subscription_options.ts";
export type {
  AuthPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubscribePacket,
  WillPacket,
} from "./packets.ts";
