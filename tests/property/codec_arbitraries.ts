import fc from "fast-check";
import type {
  AuthPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  Properties,
  ProtocolVersion,
  QoS,
  SubackPacket,
  SubscribePacket,
  UnsubscribePacket,
  UserProperty,
  WillPacket,
} from "../../src/mqtt/mod.ts";
import { join, property } from "../support/bytes.ts";

/** What a PUBLISH says, apart from how it is encoded. */
export interface AnyPublish {
  readonly version: ProtocolVersion;
  readonly qos: QoS;
  readonly dup: boolean;
  readonly retain: boolean;
  readonly packetId: number;
  readonly topic: string;
  readonly topicAlias: number;
  readonly omitTopic: boolean;
  readonly expirySeconds: number;
  readonly identifiers: readonly number[] | null;
  readonly properties: Uint8Array | null;
  readonly payload: Uint8Array;
}

// `deepEqual` looks at prototypes too.
function record<T>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

/** Every version. */
export const version: fc.Arbitrary<ProtocolVersion> = fc.constantFrom(3, 4, 5);
/** Packet ids, often at the ends of their range. */
export const packetId: fc.Arbitrary<number> = fc.integer({
  min: 1,
  max: 65_535,
});
const qos: fc.Arbitrary<QoS> = fc.constantFrom(0, 1, 2);
const seconds = fc.integer({ min: 0, max: 0xffff_ffff });
const identifier = fc.integer({ min: 1, max: 268_435_455 });

/** Any text that MQTT allows: all of Unicode without surrogates and U+0000. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: "binary", maxLength: 40 }),
).map((one) => one.replaceAll("\0", ""));
const bytes = fc.uint8Array({ maxLength: 200 });
/** Valid topic names. */
export const topicName: fc.Arbitrary<string> = text.map((one) =>
  one.replaceAll(/[+#]/g, "-") || "t"
);
const userProperties: fc.Arbitrary<UserProperty[]> = fc.array(
  fc.tuple(text, text),
  { minLength: 1, maxLength: 4 },
);

/** Encoded properties to pass on, in any order; null when there are none. */
export const passedOn: fc.Arbitrary<Uint8Array | null> = fc.tuple(
  fc.shuffledSubarray([
    property.payloadFormat(1),
    property.contentType("text/plain"),
    property.responseTopic("réponse/1"),
    property.correlationData("\u0000\u0001"),
  ]),
  fc.array(fc.tuple(text, text), { maxLength: 3 }),
).map(([some, pairs]) => {
  const all = [...some, ...pairs.map(([name, is]) => property.user(name, is))];
  return all.length === 0 ? null : join(...all);
});

const freePublish: fc.Arbitrary<AnyPublish> = record({
  version,
  qos,
  dup: fc.boolean(),
  retain: fc.boolean(),
  packetId,
  topic: topicName,
  topicAlias: fc.constantFrom(0, 1, 255, 256, 65_535),
  omitTopic: fc.boolean(),
  expirySeconds: fc.oneof(fc.constant(-1), seconds),
  identifiers: fc.option(fc.array(identifier, { minLength: 1, maxLength: 4 })),
  properties: passedOn,
  payload: fc.uint8Array({ maxLength: 300 }),
});

/** A PUBLISH whose parts fit each other and the version. */
export const publish: fc.Arbitrary<AnyPublish> = freePublish.map((one) => ({
  ...one,
  dup: one.dup && one.qos > 0,
  packetId: one.qos > 0 ? one.packetId : 0,
  ...(one.version === 5 ? { omitTopic: one.omitTopic && one.topicAlias > 0 } : {
    omitTopic: false,
    topicAlias: 0,
    expirySeconds: -1,
    identifiers: null,
    properties: null,
  }),
}));

const authentication = fc.option(
  record({ method: text, secret: fc.option(bytes) }),
  { nil: undefined },
).map((one): Properties => {
  if (one === undefined) return {};
  return one.secret === null ? { authenticationMethod: one.method } : {
    authenticationMethod: one.method,
    authenticationData: one.secret,
  };
});

const limits = {
  receiveMaximum: fc.integer({ min: 1, max: 65_535 }),
  maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
  topicAliasMaximum: fc.integer({ min: 0, max: 65_535 }),
  sessionExpiryInterval: seconds,
  userProperties,
};

function some(
  model: { [K in keyof Properties]: fc.Arbitrary<Properties[K]> },
): fc.Arbitrary<Properties> {
  return fc.record(model, {
    requiredKeys: [],
    noNullPrototype: true,
  }) as fc.Arbitrary<Properties>;
}

function both(
  one: fc.Arbitrary<Properties>,
  other: fc.Arbitrary<Properties>,
): fc.Arbitrary<Properties> {
  return fc.tuple(one, other).map(([a, b]) => ({ ...a, ...b }));
}

const connectProperties = both(
  some({
    ...limits,
    requestProblemInformation: fc.boolean(),
    requestResponseInformation: fc.boolean(),
  }),
  authentication,
);
const connackProperties = both(
  some({
    ...limits,
    maximumQoS: fc.constantFrom(0, 1),
    retainAvailable: fc.boolean(),
    wildcardSubscriptionAvailable: fc.boolean(),
    subscriptionIdentifierAvailable: fc.boolean(),
    sharedSubscriptionAvailable: fc.boolean(),
    assignedClientIdentifier: text,
    serverKeepAlive: fc.integer({ min: 0, max: 65_535 }),
    responseInformation: text,
    serverReference: text,
    reasonString: text,
  }),
  authentication,
);
/** Properties of an acknowledgement. */
export const reasonProperties: fc.Arbitrary<Properties> = some({
  reasonString: text,
  userProperties,
});

/** `packet` with properties when `version` has them, else without. */
function forVersion<P extends { properties: Properties }>(
  packet: fc.Arbitrary<P>,
): fc.Arbitrary<readonly [ProtocolVersion, P]> {
  return fc.tuple(version, packet).map(([v, one]) =>
    [v, v === 5 ? one : { ...one, properties: {} }] as const
  );
}

const will: fc.Arbitrary<WillPacket> = record({
  topic: topicName,
  payload: bytes,
  qos,
  retain: fc.boolean(),
  delay: seconds,
  messageExpiry: fc.oneof(fc.constant(-1), seconds),
  payloadFormat: fc.constant(0),
  properties: passedOn,
});

/** A CONNECT of any version. */
export const connect: fc.Arbitrary<ConnectPacket> = record({
  type: fc.constant(1 as const),
  version,
  bridge: fc.boolean(),
  clientId: text,
  cleanStart: fc.boolean(),
  keepAlive: fc.integer({ min: 0, max: 65_535 }),
  username: fc.option(text),
  password: fc.option(bytes),
  will: fc.option(will),
  properties: connectProperties,
}).map((one): ConnectPacket => {
  if (one.version === 5) {
    return { ...one, bridge: false, will: withFormat(one.will) };
  }
  return {
    ...one,
    password: one.username === null ? null : one.password,
    properties: {},
    will: one.will === null
      ? null
      : { ...one.will, delay: 0, messageExpiry: -1, properties: null },
  };
});

/** The indicator stands among the encoded properties, or it is 0. */
function withFormat(one: WillPacket | null): WillPacket | null {
  if (one === null || one.properties === null) return one;
  const { properties } = one;
  // The only 01 01 in front of a property is the indicator itself; a property
  // inside a string cannot be mistaken for it when whole ones are walked.
  let at = 0;
  while (at < properties.length) {
    const id = properties[at];
    if (id === 1) return { ...one, payloadFormat: properties[at + 1] };
    at += 1 + fieldLength(properties, at + 1);
    if (id === 0x26) at += fieldLength(properties, at);
  }
  return one;
}

function fieldLength(of: Uint8Array, at: number): number {
  return 2 + (of[at] << 8 | of[at + 1]);
}

/** A CONNACK and the version it is for. */
export const connack: fc.Arbitrary<readonly [ProtocolVersion, ConnackPacket]> =
  forVersion(record({
    type: fc.constant(2 as const),
    sessionPresent: fc.boolean(),
    code: fc.constantFrom(0, 0x87),
    properties: connackProperties,
  })).map(([v, one]) => [v, {
    ...one,
    code: v !== 5 && one.code !== 0 ? 5 : one.code,
    sessionPresent: one.sessionPresent && v !== 3 && one.code === 0,
  }]);

/** A SUBSCRIBE and the version it is for. */
export const subscribe: fc.Arbitrary<
  readonly [ProtocolVersion, SubscribePacket]
> = forVersion(record({
  type: fc.constant(8 as const),
  packetId,
  requests: fc.array(
    record({
      filter: text,
      qos,
      noLocal: fc.boolean(),
      retainAsPublished: fc.boolean(),
      retainHandling: fc.constantFrom(0 as const, 1 as const, 2 as const),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  properties: some({ subscriptionIdentifier: identifier, userProperties }),
})).map(([v, one]) => [
  v,
  v === 5 ? one : {
    ...one,
    requests: one.requests.map(({ filter, qos }) => ({
      filter,
      qos,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0 as const,
    })),
  },
]);

/** An UNSUBSCRIBE and the version it is for. */
export const unsubscribe: fc.Arbitrary<
  readonly [ProtocolVersion, UnsubscribePacket]
> = forVersion(record({
  type: fc.constant(10 as const),
  packetId,
  filters: fc.array(text, { minLength: 1, maxLength: 5 }),
  properties: some({ userProperties }),
}));

/** A SUBACK or UNSUBACK and the version it is for. */
export const suback: fc.Arbitrary<readonly [ProtocolVersion, SubackPacket]> =
  forVersion(record({
    type: fc.constantFrom(9 as const, 11 as const),
    packetId,
    codes: fc.array(fc.constantFrom(0, 0x80), { minLength: 1, maxLength: 5 }),
    properties: reasonProperties,
  })).map(([v, one]) => [
    v,
    v !== 5 && one.type === 11 ? { ...one, codes: [] } : one,
  ]);

/** A client's DISCONNECT for MQTT 5.0. */
export const disconnect: fc.Arbitrary<DisconnectPacket> = record({
  type: fc.constant(14 as const),
  reasonCode: fc.constantFrom(0, 4, 0x81, 0x99),
  properties: some({
    sessionExpiryInterval: seconds,
    reasonString: text,
    userProperties,
  }),
});

/** A client's AUTH. */
export const auth: fc.Arbitrary<AuthPacket> = record({
  type: fc.constant(15 as const),
  reasonCode: fc.constantFrom(0x18, 0x19),
  properties: both(reasonProperties, authentication).map((one) => ({
    authenticationMethod: "SCRAM",
    ...one,
  })),
});
