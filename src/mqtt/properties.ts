/** Property identifiers of MQTT 5.0 (2.2.2.2). */
export const PropertyId = {
  PayloadFormatIndicator: 0x01,
  MessageExpiryInterval: 0x02,
  ContentType: 0x03,
  ResponseTopic: 0x08,
  CorrelationData: 0x09,
  SubscriptionIdentifier: 0x0b,
  SessionExpiryInterval: 0x11,
  AssignedClientIdentifier: 0x12,
  ServerKeepAlive: 0x13,
  AuthenticationMethod: 0x15,
  AuthenticationData: 0x16,
  RequestProblemInformation: 0x17,
  WillDelayInterval: 0x18,
  RequestResponseInformation: 0x19,
  ResponseInformation: 0x1a,
  ServerReference: 0x1c,
  ReasonString: 0x1f,
  ReceiveMaximum: 0x21,
  TopicAliasMaximum: 0x22,
  TopicAlias: 0x23,
  MaximumQoS: 0x24,
  RetainAvailable: 0x25,
  UserProperty: 0x26,
  MaximumPacketSize: 0x27,
  WildcardSubscriptionAvailable: 0x28,
  SubscriptionIdentifierAvailable: 0x29,
  SharedSubscriptionAvailable: 0x2a,
} as const;

/** An identifier from the table of MQTT 5.0, 2.2.2.2. */
export type PropertyId = typeof PropertyId[keyof typeof PropertyId];

/** A name and a value; names may repeat, and their order counts. */
export type UserProperty = readonly [name: string, value: string];

/**
 * Decoded properties of any packet but PUBLISH, whose properties stay bytes.
 * Absent ones are undefined; intervals are in seconds.
 */
export interface Properties {
  /** 0 ends with the connection, 0xFFFFFFFF = never (3.1.2.11.2). */
  sessionExpiryInterval?: number;
  /** For a client that came without an id (3.2.2.3.7). */
  assignedClientIdentifier?: string;
  /** 0 to 65,535; in place of the client's own [MQTT-3.1.2-21]. */
  serverKeepAlive?: number;
  /** Name of the method, in CONNECT, CONNACK and AUTH (4.12). */
  authenticationMethod?: string;
  /** 0 to 65,535 bytes; their meaning depends on the method. */
  authenticationData?: Uint8Array;
  /** False: reason strings only in CONNACK and DISCONNECT (3.1.2.11.7). */
  requestProblemInformation?: boolean;
  /** Whether CONNACK may carry response information (3.1.2.11.6). */
  requestResponseInformation?: boolean;
  /** Text that response topics are made from (3.2.2.3.15). */
  responseInformation?: string;
  /** Another server to use (4.11). */
  serverReference?: string;
  /** Text for people; programs must not parse it (4.13). */
  reasonString?: string;
  /** 1 to 65,535 unacknowledged messages above QoS 0 (3.1.2.11.3). */
  receiveMaximum?: number;
  /** 0 to 65,535; the highest alias its sender takes. */
  topicAliasMaximum?: number;
  /** 0 or 1; absent means 2 (3.2.2.3.4). */
  maximumQoS?: number;
  /** False when the server retains no messages [MQTT-3.2.2-14]. */
  retainAvailable?: boolean;
  /** In the order sent. */
  userProperties?: UserProperty[];
  /** 1 to 4,294,967,295 bytes; the largest its sender takes. */
  maximumPacketSize?: number;
  /** False when filters must not have wildcards (3.2.2.3.11). */
  wildcardSubscriptionAvailable?: boolean;
  /** False when subscriptions must not have identifiers (3.2.2.3.12). */
  subscriptionIdentifierAvailable?: boolean;
  /** False when the server has no shared subscriptions (3.2.2.3.13). */
  sharedSubscriptionAvailable?: boolean;
  /** 1 to 268,435,455, of all filters in a SUBSCRIBE (3.8.2.1.2). */
  subscriptionIdentifier?: number;
}
