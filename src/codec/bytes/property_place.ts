import { PacketType } from "../../mqtt/mod.ts";

/**
 * Packets with properties, as bits: a rule can name several (MQTT 5.0,
 * 2.2.2.2). `publish_properties.ts` has those of PUBLISH and of wills.
 */
export const PropertyPlace = {
  /** DISCONNECT from a client; that from a server has other properties. */
  Disconnect: 1 << PacketType.Disconnect,
  ServerDisconnect: 1,
  Connect: 1 << PacketType.Connect,
  Connack: 1 << PacketType.Connack,
  Puback: 1 << PacketType.Puback,
  Pubrec: 1 << PacketType.Pubrec,
  Pubrel: 1 << PacketType.Pubrel,
  Pubcomp: 1 << PacketType.Pubcomp,
  Subscribe: 1 << PacketType.Subscribe,
  Suback: 1 << PacketType.Suback,
  Unsubscribe: 1 << PacketType.Unsubscribe,
  Unsuback: 1 << PacketType.Unsuback,
  Auth: 1 << PacketType.Auth,
} as const;
