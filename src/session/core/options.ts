import type { ProtocolVersion, QoS } from "../../mqtt/mod.ts";

/** A session that never expires (MQTT 5.0, 3.1.2.11.2), in seconds. */
export const NEVER = 0xffff_ffff;

/** Settings of all sessions and connections. */
export interface SessionOptions {
  /** Bytes of UTF-8 in a client id. */
  readonly maxClientIdLength: number;
  /** Bytes of UTF-8 in a topic name or filter. */
  readonly maxTopicLength: number;
  /** Levels of a topic name or filter. */
  readonly maxTopicLevels: number;
  /** Subscriptions of one session; more are answered with 0x97. */
  readonly maxSubscriptions: number;
  /**
   * Levels that a match may compare because of the wildcards of one session;
   * filters that need more are answered with 0x97.
   */
  readonly maxWildcardLevels: number;
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
  /** Seconds that cap a session's expiry in every version, or `NEVER`. */
  readonly maxExpiry: number;
  /** Seconds a 3.x session without clean session is kept, or `NEVER`. */
  readonly expiryV3: number;
  /** Messages that may wait for one session. */
  readonly backlogMessages: number;
  /** Bytes (`Message.size`) that may wait for one session. */
  readonly backlogBytes: number;
  /** Whether a full backlog drops the new message or the oldest. */
  readonly backlogPolicy: "drop-new" | "drop-old";
  /** Whether QoS 0 messages wait for a detached session too. */
  readonly queueQos0: boolean;
  /** Whether clients may use `$share` (3.2.2.3.13). */
  readonly sharedAvailable: boolean;
  /** Whether filters may have wildcards (3.2.2.3.11). */
  readonly wildcardAvailable: boolean;
  /** Whether payloads with Payload Format Indicator (0x01) 1 are checked. */
  readonly validatePayloadFormat: boolean;
  /** Whether MQTT 5.0 clients get the access rule that refused them. */
  readonly explainAccess: boolean;
  /** Whether a client id with a session belongs to the session's user. */
  readonly clientIdOwner: "user" | "anyone";
  /** Reaction to a denied PUBLISH without an answer that could refuse it. */
  readonly deniedPublish: "ignore" | "disconnect";
}

/** Settings of a listener for its connections. */
export interface ListenerOptions {
  /** Name of the listener for authenticators and the log. */
  readonly name: string;
  /** Accepted protocol versions; others are refused [MQTT-3.1.2-2]. */
  readonly versions: readonly ProtocolVersion[];
  /** Source of the client id: CONNECT, or the client's user name. */
  readonly clientIdFrom: "connect" | "username";
  /** Whether clients without a client id get one. */
  readonly assignsClientId: boolean;
  /** Beginnings that client ids may have; empty accepts any. */
  readonly clientIdPrefixes: readonly string[];
  /** Bytes of the largest packet read; more is answered with 0x95. */
  readonly maxPacketSize: number;
  /** Seconds, in every version; 0 leaves the keep alive to the client. */
  readonly maxKeepAlive: number;
  /** The highest QoS of a PUBLISH (3.2.2.3.4). */
  readonly maxQos: QoS;
  /** Whether clients may have messages retained (3.2.2.3.5). */
  readonly retainAvailable: boolean;
  /** Messages above QoS 0 a client may have under way, 1 to 65,535 (3.2.2.3.3). */
  readonly receiveMaximum: number;
  /** The highest alias a client may set; 0 for none (3.2.2.3.8). */
  readonly topicAliasMaximum: number;
  /** Prefix of all topics of its clients; empty, or ends in a slash. */
  readonly mountPoint: string;
  /** Milliseconds in which CONNECT must be complete. */
  readonly connectTimeout: number;
}
