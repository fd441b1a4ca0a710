/** Bytes to packets and back; pure: no access checks, no routing, no clock. */
export { Frame, readFrame } from "./bytes/frame.ts";
export {
  encodeMessageProperties,
  type MessageProperties,
} from "./bytes/message_properties.ts";
export { PublishProperties } from "./bytes/publish_properties.ts";
export {
  decodeDelivery,
  decodePublish,
  PublishPacket,
} from "./packets/publish_decoder.ts";
export {
  measurePublish,
  PublishHead,
  writePublishHead,
} from "./packets/publish_encoder.ts";
export { AckPacket, decodeAck } from "./packets/ack_decoder.ts";
export {
  encodeAck,
  writeAck,
  writeAckWithReason,
} from "./packets/ack_encoder.ts";
export type { AckType } from "./packets/ack_encoder.ts";
export { ConnectError } from "./packets/connect_error.ts";
export { decodeConnect } from "./packets/connect_decoder.ts";
export { encodeConnect } from "./packets/connect_encoder.ts";
export { decodeConnack, encodeConnack } from "./packets/connack.ts";
export type { UserProperties } from "./bytes/properties_decoder.ts";
export { countFilters } from "./packets/filter_list.ts";
export type { FilterListHead, FilterListSlice } from "./packets/filter_list.ts";
export {
  decodeRequests,
  decodeSubscribe,
  decodeSubscribeHead,
  encodeSubscribe,
} from "./packets/subscribe.ts";
export {
  decodeFilters,
  decodeUnsubscribe,
  decodeUnsubscribeHead,
  encodeUnsubscribe,
} from "./packets/unsubscribe.ts";
export { decodeSuback, encodeSuback, subackLength } from "./packets/suback.ts";
export { PINGREQ, PINGRESP } from "./packets/ping.ts";
export { decodeDisconnect, encodeDisconnect } from "./packets/disconnect.ts";
export { decodeAuth, encodeAuth } from "./packets/auth.ts";
export { decodePacket } from "./packet_decoder.ts";
export type { Packet, PingPacket } from "./packet_decoder.ts";
