import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import mqttPacket, { type Packet as OraclePacket } from "mqtt-packet";
import {
  encodeAck,
  encodeAuth,
  encodeConnack,
  encodeConnect,
  encodeDisconnect,
  encodeSuback,
  encodeSubscribe,
  encodeUnsubscribe,
} from "../../src/codec/mod.ts";
import type {
  Properties,
  ProtocolVersion,
  UserProperty,
  WillPacket,
} from "../../src/mqtt/mod.ts";
import { property } from "../support/bytes.ts";
import * as any from "./codec_arbitraries.ts";
import { decodeWhole, encodePublish } from "./codec_support.ts";

// mqtt-packet gathers user properties by name, so it cannot keep the order of
// different names: here each packet has at most one name. It also takes a few
// malformed packets, and loses empty names and values; this test only shows it correct ones.

type Fields = Record<string, unknown>;

/** Parses with the oracle. */
function parse(bytes: Uint8Array, version: ProtocolVersion): Fields {
  const parser = mqttPacket.parser({ protocolVersion: version });
  const packets: unknown[] = [];
  parser.on("packet", (packet: unknown) => packets.push(packet));
  parser.on("error", (error: unknown) => {
    throw error;
  });
  assert.equal(parser.parse(Buffer.from(bytes)), 0, "bytes are left over");
  assert.equal(packets.length, 1);
  return packets[0] as Fields;
}

/** Encodes with the oracle. */
function generate(packet: Fields, version: ProtocolVersion): Uint8Array {
  // A plain array, because `slice` of a Buffer copies nothing.
  return new Uint8Array(mqttPacket.generate(
    packet as unknown as OraclePacket,
    { protocolVersion: version },
  ));
}

/** Only the `names` of a packet, as plain values. */
function only(packet: Fields, names: readonly string[]): Fields {
  const picked: Fields = {};
  for (const name of names) {
    if (packet[name] !== undefined) picked[name] = plain(packet[name]);
  }
  return picked;
}

/** Buffers become arrays, objects lose their prototype and what is undefined. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(fields.map(([name, one]) => [name, plain(one)]));
}

/** All values under one name, none of them empty. */
function ofOneName(pairs: readonly UserProperty[]): UserProperty[] {
  return pairs.map(([, value]) => [
    pairs[0][0] || "name",
    value || "value",
  ]);
}

/** The oracle keeps one value as a string and more as an array. */
function asOracleUser(pairs: readonly UserProperty[]): Fields {
  const values = pairs.map(([, value]) => value);
  // A computed key, because "__proto__" is a name like any other.
  return { [pairs[0][0]]: values.length === 1 ? values[0] : values };
}

function oneName<P extends { properties: Properties }>(packet: P): P {
  const { userProperties, ...rest } = packet.properties;
  if (userProperties === undefined) return packet;
  return {
    ...packet,
    properties: { ...rest, userProperties: ofOneName(userProperties) },
  };
}

function asOracleProperties(
  properties: Properties,
  version: ProtocolVersion,
): Fields | undefined {
  if (version !== 5 || Object.keys(properties).length === 0) return undefined;
  const {
    userProperties,
    authenticationData,
    subscriptionIdentifierAvailable,
    ...rest
  } = properties;
  return {
    ...rest,
    ...(subscriptionIdentifierAvailable !== undefined &&
      { subscriptionIdentifiersAvailable: subscriptionIdentifierAvailable }),
    ...(authenticationData &&
      { authenticationData: Buffer.from(authenticationData) }),
    ...(userProperties && { userProperties: asOracleUser(userProperties) }),
  };
}

/** Both ways: what we encode it reads, and what it encodes we read. */
function agree<P extends object>(
  ours: P,
  theirs: Fields,
  version: ProtocolVersion,
  encode: (packet: P) => Uint8Array,
  fromServer = false,
): void {
  const names = Object.keys(theirs);
  const parsed = parse(encode(ours), version);
  assert.deepEqual(only(parsed, names), plain(theirs));
  const decoded = decodeWhole(generate(theirs, version), version, fromServer);
  assert.deepEqual(decoded, ours);
}

Deno.test("oracle: CONNECT", () => {
  fc.assert(
    fc.property(any.connect, (random) => {
      const will = random.will && withoutProperties(random.will);
      // The oracle refuses what only 3.1 or only the broker would: an empty
      // client id without a clean start, and empty user names and passwords.
      const one = oneName({
        ...random,
        will,
        clientId: random.clientId || "id",
        username: random.username || null,
        password: random.username && random.password?.length
          ? random.password
          : null,
      });
      const { version, properties } = one;
      const theirs: Fields = {
        cmd: "connect",
        protocolId: version === 3 ? "MQIsdp" : "MQTT",
        protocolVersion: version,
        ...(one.bridge && { bridgeMode: true }),
        clean: one.cleanStart,
        clientId: one.clientId,
        keepalive: one.keepAlive,
        ...(one.username !== null && { username: one.username }),
        ...(one.password !== null && { password: Buffer.from(one.password) }),
        ...(will && { will: asOracleWill(will, version) }),
        properties: asOracleProperties(properties, version),
      };
      agree(one, theirs, version, encodeConnect);
    }),
    { numRuns: 300 },
  );
});

function withoutProperties(will: WillPacket): WillPacket {
  return { ...will, properties: null, payloadFormat: 0 };
}

function asOracleWill(will: WillPacket, version: ProtocolVersion): Fields {
  const properties = {
    ...(will.delay > 0 && { willDelayInterval: will.delay }),
    ...(will.messageExpiry >= 0 &&
      { messageExpiryInterval: will.messageExpiry }),
  };
  return {
    topic: will.topic,
    payload: Buffer.from(will.payload),
    qos: will.qos,
    retain: will.retain,
    ...(version === 5 && Object.keys(properties).length > 0 && { properties }),
  };
}

Deno.test("oracle: CONNACK", () => {
  fc.assert(
    fc.property(any.connack, ([version, random]) => {
      const one = oneName(random);
      const { sessionPresent, code } = one;
      const properties = asOracleProperties(one.properties, version);
      const theirs = {
        cmd: "connack",
        sessionPresent,
        [version === 5 ? "reasonCode" : "returnCode"]: code,
        properties,
      };
      agree(one, theirs, version, (p) => encodeConnack(p, version), true);
    }),
    { numRuns: 300 },
  );
});

Deno.test("oracle: SUBSCRIBE and UNSUBSCRIBE", () => {
  fc.assert(fc.property(any.subscribe, ([version, random]) => {
    const one = oneName(random);
    const theirs = {
      cmd: "subscribe",
      messageId: one.packetId,
      subscriptions: one.requests.map((request) => ({
        topic: request.filter,
        qos: request.qos,
        ...(version === 5 && {
          nl: request.noLocal,
          rap: request.retainAsPublished,
          rh: request.retainHandling,
        }),
      })),
      properties: asOracleProperties(one.properties, version),
    };
    agree(one, theirs, version, (p) => encodeSubscribe(p, version));
  }));
  fc.assert(fc.property(any.unsubscribe, ([version, random]) => {
    const one = oneName(random);
    const theirs = {
      cmd: "unsubscribe",
      messageId: one.packetId,
      unsubscriptions: one.filters,
      properties: asOracleProperties(one.properties, version),
    };
    agree(one, theirs, version, (p) => encodeUnsubscribe(p, version));
  }));
});

Deno.test("oracle: SUBACK and UNSUBACK", () => {
  fc.assert(fc.property(any.suback, ([version, random]) => {
    const one = oneName(random);
    const theirs = {
      cmd: one.type === 9 ? "suback" : "unsuback",
      messageId: one.packetId,
      ...(one.codes.length > 0 && { granted: one.codes }),
      properties: asOracleProperties(one.properties, version),
    };
    agree(one, theirs, version, (p) => encodeSuback(p, version), true);
  }));
});

Deno.test("oracle: DISCONNECT and AUTH", () => {
  fc.assert(fc.property(any.disconnect, (random) => {
    const one = oneName(random);
    const properties = asOracleProperties(one.properties, 5);
    const theirs = {
      cmd: "disconnect",
      reasonCode: one.reasonCode,
      properties,
    };
    agree(one, theirs, 5, (p) => encodeDisconnect(p, 5));
  }));
  fc.assert(fc.property(any.auth, (random) => {
    const one = oneName(random);
    const properties = asOracleProperties(one.properties, 5);
    const theirs = { cmd: "auth", reasonCode: one.reasonCode, properties };
    agree(one, theirs, 5, encodeAuth);
  }));
});

Deno.test("oracle: acknowledgements", () => {
  const commands = { 4: "puback", 5: "pubrec", 6: "pubrel", 7: "pubcomp" };
  fc.assert(fc.property(
    fc.constantFrom(4 as const, 5 as const, 6 as const, 7 as const),
    any.packetId,
    any.reasonProperties,
    (type, packetId, properties) => {
      const reasonCode = type < 6 ? 0x97 : 0x92;
      const one = oneName({ properties });
      const theirs = {
        cmd: commands[type],
        messageId: packetId,
        reasonCode,
        properties: asOracleProperties(one.properties, 5),
      };
      const bytes = encodeAck(type, packetId, reasonCode, one.properties);
      const parsed = parse(bytes, 5);
      assert.deepEqual(only(parsed, Object.keys(theirs)), plain(theirs));
      const decoded = decodeWhole(generate(theirs, 5), 5);
      assert.deepEqual({ ...decoded }, { type, packetId, reasonCode });
    },
  ));
});

Deno.test("oracle: PUBLISH", () => {
  fc.assert(
    fc.property(any.publish, fc.boolean(), (random, rich) => {
      const one = {
        ...random,
        properties: random.version === 5 && rich ? RICH : null,
      };
      const { version, identifiers, topicAlias, expirySeconds } = one;
      const properties = {
        ...(one.properties && RICH_FOR_ORACLE),
        ...(topicAlias > 0 && { topicAlias }),
        ...(expirySeconds >= 0 && { messageExpiryInterval: expirySeconds }),
        ...(identifiers && {
          subscriptionIdentifier: identifiers.length === 1
            ? identifiers[0]
            : identifiers,
        }),
      };
      const theirs = {
        cmd: "publish",
        topic: one.omitTopic ? "" : one.topic,
        payload: Buffer.from(one.payload),
        qos: one.qos,
        dup: one.dup,
        retain: one.retain,
        ...(one.qos > 0 && { messageId: one.packetId }),
        ...(Object.keys(properties).length > 0 && { properties }),
      };
      const parsed = parse(encodePublish(one), version);
      assert.deepEqual(only(parsed, Object.keys(theirs)), plain(theirs));
      const decoded = decodeWhole(generate(theirs, version), version, true);
      assert(decoded.type === 3);
      assert.equal(decoded.packetId, one.packetId);
      assert.equal(decoded.topicAlias, topicAlias);
      assert.equal(decoded.messageExpiry, expirySeconds);
      assert.deepEqual(decoded.identifiers, identifiers);
      const { chunk, payloadStart, end } = decoded;
      assert.deepEqual(chunk.slice(payloadStart, end), one.payload);
    }),
    { numRuns: 500 },
  );
});

const RICH = Uint8Array.from([
  ...property.payloadFormat(1),
  ...property.contentType("text"),
  ...property.responseTopic("a/b"),
  ...property.correlationData("12"),
  ...property.user("n", "1"),
  ...property.user("n", "2"),
]);
const RICH_FOR_ORACLE = {
  payloadFormatIndicator: true,
  contentType: "text",
  responseTopic: "a/b",
  correlationData: Buffer.from("12"),
  userProperties: { n: ["1", "2"] },
};
