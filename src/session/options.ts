import type { ProtocolVersion, QoS } from "../mqtt/mod.ts";

/** A session that never expires (MQTT 5.0, 3.1.2.11.2), in seconds. */
export const NEVER = 0xffff_ffff;

/** What all sessions and connections go by; from the settings. */
export interface SessionOptions {
  /** Bytes of UTF-8 in a client id. */
  readonly maxClientIdLength: number;
  /** Bytes of UTF-8 in a topic name or filter. */
  readonly maxTopicLength: number;
  /** Levels of a topic name or filter. */
  readonly maxTopicLevels: number;
  readonly maxSubscriptions: number;
  /** Messages sent to one client and not acknowledged, 1 to 65,535. */
  readonly maxInflight: number;
  /** Topic aliases the broker sets on one connection. */
  readonly topicAliasMaximumOut: number;
  /** PUBLISH packets a second from one client; 0 for no bound. */
  readonly publishRate: number;
  /** Bytes of PUBLISH packets a second from one client; 0 for no bound. */
  readonly publishBytesRate: number;
  /** Bytes that may wait to be written to one client. */
  readonly maxOutbound: number;
  /** Bytes of all waiting messages. */
  readonly maxQueuedMemory: number;
  /** Seconds that cap a session's expiry, or `NEVER`. */
  readonly maxExpiry: number;
  /** Seconds a 3.x session without clean session is kept, or `NEVER`. */
  readonly expiryV3: number;
  readonly backlogMessages: number;
  readonly backlogBytes: number;
  readonly backlogPolicy: "drop-new" | "drop-old";
  /** Whether QoS 0 messages wait for a detached session too. */
  readonly queueQos0: boolean;
  readonly sharedAvailable: boolean;
  readonly wildcardAvailable: boolean;
  /** Whether a payload said to be UTF-8 is checked. */
  readonly validatePayloadFormat: boolean;
}

/** What a listener sets for the connections that come in by it. */
export interface ListenerOptions {
  readonly name: string;
  readonly versions: readonly ProtocolVersion[];
  readonly maxPacketSize: number;
  /** Seconds; 0 leaves the keep alive to the client. */
  readonly maxKeepAlive: number;
  readonly maxQos: QoS;
  readonly retainAvailable: boolean;
  readonly receiveMaximum: number;
  readonly topicAliasMaximum: number;
  /** Milliseconds in which CONNECT must be complete. */
  readonly connectTimeout: number;
}
