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
export { AckPacket, decodeAck, isAckType } from "./ack_decoder.ts";
export { encodeAck, writeAck, writeAckWithReason } from "./ack_encoder.ts";
export type { AckType } from "./ack_encoder.ts";
export { ConnectError } from "./connect_error.ts";
export { decodeConnect } from "./connect_decoder.ts";
export { decodeSubscribe, decodeUnsubscribe } from "./subscribe_decoder.ts";
export { decodeAuth, decodeDisconnect } from "./disconnect_decoder.ts";
export { decodeConnack, decodeSuback } from "./server_decoder.ts";
export {
  encodeAuth,
  encodeConnack,
  encodeDisconnect,
  encodeSuback,
  PINGRESP,
} from "./server_encoder.ts";
export {
  encodeConnect,
  encodeSubscribe,
  encodeUnsubscribe,
  PINGREQ,
} from "./client_encoder.ts";
export { decodePacket } from "./packet_decoder.ts";
export type { Packet, PingPacket } from "./packet_decoder.ts";
