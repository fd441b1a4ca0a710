import type { Properties } from "./properties.ts";
import type { ProtocolVersion, QoS } from "./version.ts";

/** The will of a CONNECT (3.1.2.5), its properties still encoded. */
export interface WillPacket {
  /** The topic name; not yet validated. */
  readonly topic: string;
  /** 0 to 65,535 bytes. */
  readonly payload: Uint8Array;
  /** 0 to 2 [MQTT-3.1.2-12]. */
  readonly qos: QoS;
  /** Whether the message is to be retained. */
  readonly retain: boolean;
  /** Seconds after the connection ended; 0 for MQTT 3.x. */
  readonly delay: number;
  /** Seconds, or -1 when the message does not expire. */
  readonly messageExpiry: number;
  /** Payload Format Indicator (0x01): 1 when the payload is UTF-8, else 0. */
  readonly payloadFormat: number;
  /** Properties for the receivers (see `Message.properties`). */
  readonly properties: Uint8Array | null;
}

/** CONNECT (3.1). */
export interface ConnectPacket {
  /** `PacketType.Connect`. */
  readonly type: 1;
  /** 3 for 3.1, 4 for 3.1.1, 5 for 5.0. */
  readonly version: ProtocolVersion;
  /** Bit 0x80 of the protocol version: a bridge, as Mosquitto marks itself. */
  readonly bridge: boolean;
  /** Empty: the server assigns one [MQTT-3.1.3-6]. */
  readonly clientId: string;
  /** Clean Session in 3.x, Clean Start in 5.0. */
  readonly cleanStart: boolean;
  /** Seconds; 0 turns it off. */
  readonly keepAlive: number;
  /** Null when its flag is 0. */
  readonly username: string | null;
  /** 0 to 65,535 bytes; null when its flag is 0. */
  readonly password: Uint8Array | null;
  /** Null when the will flag is 0. */
  readonly will: WillPacket | null;
  /** Empty in 3.x. */
  readonly properties: Properties;
}

/** CONNACK (3.2); `code` is a reason code in 5.0, a return code in 3.x. */
export interface ConnackPacket {
  /** `PacketType.Connack`. */
  readonly type: 2;
  /** False whenever `code` is not 0 [MQTT-3.2.2-6]. */
  readonly sessionPresent: boolean;
  /** 0 when the server accepts the connection. */
  readonly code: number;
  /** Not encoded in 3.x. */
  readonly properties: Properties;
}

/** One entry of a SUBSCRIBE (3.8.3). */
export interface SubscriptionRequest {
  /** As sent, with any `$share/group/` in front; not yet validated. */
  readonly filter: string;
  /** The maximum QoS. */
  readonly qos: QoS;
  /** Excludes messages of the client itself; false in 3.x. */
  readonly noLocal: boolean;
  /** Keeps the RETAIN flag of the publisher; false in 3.x. */
  readonly retainAsPublished: boolean;
  /** Retained messages: 0 always, 1 if new, 2 never (3.8.3.1). */
  readonly retainHandling: 0 | 1 | 2;
}

/** SUBSCRIBE (3.8). */
export interface SubscribePacket {
  /** `PacketType.Subscribe`. */
  readonly type: 8;
  /** 1 to 65,535. */
  readonly packetId: number;
  /** At least one [MQTT-3.8.3-2]. */
  readonly requests: readonly SubscriptionRequest[];
  /** Empty in 3.x. */
  readonly properties: Properties;
}

/** SUBACK (3.9) and UNSUBACK (3.11). UNSUBACK has no codes in 3.x. */
export interface SubackPacket {
  /** `PacketType.Suback` or `PacketType.Unsuback`. */
  readonly type: 9 | 11;
  /** The packet id of the packet that this one answers [MQTT-3.8.4-2]. */
  readonly packetId: number;
  /** One for each filter, in their order [MQTT-3.8.4-6]. */
  readonly codes: readonly number[];
  /** Not encoded in 3.x. */
  readonly properties: Properties;
}

/** UNSUBSCRIBE (3.10). */
export interface UnsubscribePacket {
  /** `PacketType.Unsubscribe`. */
  readonly type: 10;
  /** 1 to 65,535. */
  readonly packetId: number;
  /** At least one [MQTT-3.10.3-2]; as sent, not yet validated. */
  readonly filters: readonly string[];
  /** Empty in 3.x. */
  readonly properties: Properties;
}

/** DISCONNECT (3.14). */
export interface DisconnectPacket {
  /** `PacketType.Disconnect`. */
  readonly type: 14;
  /** From 3.14.2.1; 0 in 3.x and where it is absent. */
  readonly reasonCode: number;
  /** Empty in 3.x. */
  readonly properties: Properties;
}

/** AUTH (3.15). */
export interface AuthPacket {
  /** `PacketType.Auth`. */
  readonly type: 15;
  /** 0x00, 0x18 or 0x19 (3.15.2.1). */
  readonly reasonCode: number;
  /** Has the method, unless the packet is empty (3.15.2.2). */
  readonly properties: Properties;
}
