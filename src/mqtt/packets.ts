import type { Properties } from "./properties.ts";
import type { ProtocolVersion, QoS } from "./version.ts";

/** The will of a CONNECT (3.1.2.5), its properties still encoded. */
export interface WillPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Seconds after the connection ended; 0 for MQTT 3.x. */
  readonly delay: number;
  /** Seconds, or -1 when the message does not expire. */
  readonly messageExpiry: number;
  /** 1 when the payload is said to be UTF-8, else 0. */
  readonly payloadFormat: number;
  /** Properties to pass on (see `Message.properties`). */
  readonly properties: Uint8Array | null;
}

/** CONNECT (3.1). */
export interface ConnectPacket {
  readonly type: 1;
  readonly version: ProtocolVersion;
  /** Bit 0x80 of the protocol version: a bridge, as Mosquitto marks itself. */
  readonly bridge: boolean;
  readonly clientId: string;
  /** Clean Session in 3.x, Clean Start in 5.0. */
  readonly cleanStart: boolean;
  /** Seconds; 0 turns it off. */
  readonly keepAlive: number;
  readonly username: string | null;
  readonly password: Uint8Array | null;
  readonly will: WillPacket | null;
  readonly properties: Properties;
}

/** CONNACK (3.2); `code` is a reason code in 5.0, a return code in 3.x. */
export interface ConnackPacket {
  readonly type: 2;
  readonly sessionPresent: boolean;
  readonly code: number;
  readonly properties: Properties;
}

/** One entry of a SUBSCRIBE (3.8.3). */
export interface SubscriptionRequest {
  /** As sent, with any `$share/group/` in front; not yet validated. */
  readonly filter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
}

/** SUBSCRIBE (3.8). */
export interface SubscribePacket {
  readonly type: 8;
  readonly packetId: number;
  readonly requests: readonly SubscriptionRequest[];
  readonly properties: Properties;
}

/** SUBACK (3.9) and UNSUBACK (3.11). UNSUBACK has no codes in 3.x. */
export interface SubackPacket {
  readonly type: 9 | 11;
  readonly packetId: number;
  readonly codes: readonly number[];
  readonly properties: Properties;
}

/** UNSUBSCRIBE (3.10). */
export interface UnsubscribePacket {
  readonly type: 10;
  readonly packetId: number;
  readonly filters: readonly string[];
  readonly properties: Properties;
}

/** DISCONNECT (3.14). */
export interface DisconnectPacket {
  readonly type: 14;
  readonly reasonCode: number;
  readonly properties: Properties;
}

/** AUTH (3.15). */
export interface AuthPacket {
  readonly type: 15;
  readonly reasonCode: number;
  readonly properties: Properties;
}
