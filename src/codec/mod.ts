/** Bytes to packets and back; pure: no access checks, no routing, no clock. */
export { Frame, readFrame } from "./frame.ts";
export { PublishProperties } from "./publish_properties.ts";
export {
  decodeDelivery,
  decodePublish,
  PublishPacket,
} from "./publish_decoder.ts";
export {
  measurePublish,
  PublishHead,
  writePublishHead,
} from "./publish_encoder.ts";
export { AckPacket, decodeAck } from "./ack_decoder.ts";
export { encodeAck, writeAck, writeAckWithReason } from "./ack_encoder.ts";
export type { AckType } from "./ack_encoder.ts";
export { ConnectError } from "./connect_error.ts";
export { decodeConnect } from "./connect_decoder.ts";
export { encodeConnect } from "./connect_encoder.ts";
export { decodeConnack, encodeConnack } from "./connack.ts";
export type { UserProperties } from "./properties_decoder.ts";
export { countFilters } from "./filter_list.ts";
export type { FilterListHead, FilterListSlice } from "./filter_list.ts";
export {
  decodeRequests,
  decodeSubscribe,
  decodeSubscribeHead,
  encodeSubscribe,
} from "./subscribe.ts";
export {
  decodeFilters,
  decodeUnsubscribe,
  decodeUnsubscribeHead,
  encodeUnsubscribe,
} from "./unsubscribe.ts";
export { decodeSuback, encodeSuback, subackLength } from "./suback.ts";
export { PINGREQ, PINGRESP } from "./ping.ts";
export { decodeDisconnect, encodeDisconnect } from "./disconnect.ts";
export { decodeAuth, encodeAuth } from "./auth.ts";
export { decodePacket } from "./packet_decoder.ts";
export type { Packet, PingPacket } from "./packet_decoder.ts";
