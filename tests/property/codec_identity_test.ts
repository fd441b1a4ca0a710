import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  AckPacket,
  type AckType,
  decodeDelivery,
  decodePublish,
  encodeAck,
  encodeAuth,
  encodeConnack,
  encodeConnect,
  encodeDisconnect,
  encodeSuback,
  encodeSubscribe,
  encodeUnsubscribe,
  PINGREQ,
  PINGRESP,
  PublishPacket,
  writeAck,
  writeAckWithReason,
} from "../../src/codec/mod.ts";
import { field, packet, properties, property, u16 } from "../support/bytes.ts";
import * as any from "./codec_arbitraries.ts";
import { decodeWhole, encodePublish, frameOf } from "./codec_support.ts";

function toAnyPublish(
  packet: PublishPacket,
  like: any.AnyPublish,
): any.AnyPublish {
  const { chunk, topicStart, topicEnd, payloadStart, end } = packet;
  const omitTopic = topicStart === topicEnd;
  return {
    version: like.version,
    qos: packet.qos,
    dup: packet.dup,
    retain: packet.retain,
    packetId: packet.packetId,
    topic: omitTopic
      ? like.topic
      : new TextDecoder("utf-8", { ignoreBOM: true })
        .decode(chunk.subarray(topicStart, topicEnd)),
    topicAlias: packet.topicAlias,
    omitTopic,
    expirySeconds: packet.messageExpiry,
    identifiers: packet.identifiers,
    properties: packet.properties,
    payload: chunk.slice(payloadStart, end),
  };
}

Deno.test("identity: PUBLISH, every version, QoS and property", () => {
  fc.assert(
    fc.property(any.publish, (one) => {
      const packet = decodeWhole(encodePublish(one), one.version, true);
      assert(packet instanceof PublishPacket);
      assert.deepEqual(toAnyPublish(packet, one), one);
      const plain = one.properties === null && one.identifiers === null &&
        one.expirySeconds < 0 && one.topicAlias === 0;
      assert.equal(packet.propertiesPlain, plain);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a PublishPacket remembers nothing of the one before", () => {
  const rich = packet(
    0x35,
    ...[field("t"), u16(9)],
    properties([
      ...[property.topicAlias(1), property.messageExpiry(1)],
      ...[property.payloadFormat(1), property.subscriptionIdentifier(1)],
    ]),
  );
  const into = new PublishPacket();
  decodeDelivery(into, rich, frameOf(rich), 5);
  assert(into.properties !== null && into.identifiers !== null);
  for (const version of [4, 5] as const) {
    const plain = packet(0x30, field("t"), version === 5 ? "00" : "");
    const fresh = new PublishPacket();
    decodePublish(fresh, plain, frameOf(plain), version);
    decodePublish(into, plain, frameOf(plain), version);
    assert.deepEqual(into, fresh);
    decodeDelivery(into, rich, frameOf(rich), 5);
  }
});

Deno.test("a field of more than 65,535 bytes cannot be encoded", () => {
  const encode = (length: number) =>
    encodeDisconnect({
      type: 14,
      reasonCode: 0x81,
      properties: { serverReference: "a".repeat(length) },
    }, 5);
  assert.equal(encode(65_535).length, 65_535 + 11);
  assert.throws(() => encode(65_536), RangeError);
});

Deno.test("identity: CONNECT of 3.1, 3.1.1 and 5.0", () => {
  fc.assert(
    fc.property(any.connect, (one) => {
      assert.deepEqual(decodeWhole(encodeConnect(one), 4), one);
    }),
    { numRuns: 500 },
  );
});

Deno.test("identity: CONNACK", () => {
  fc.assert(
    fc.property(any.connack, ([version, one]) => {
      const bytes = encodeConnack(one, version);
      assert.deepEqual(decodeWhole(bytes, version, true), one);
    }),
    { numRuns: 500 },
  );
});

Deno.test("identity: SUBSCRIBE and UNSUBSCRIBE", () => {
  fc.assert(fc.property(any.subscribe, ([version, one]) => {
    assert.deepEqual(decodeWhole(encodeSubscribe(one, version), version), one);
  }));
  fc.assert(fc.property(any.unsubscribe, ([version, one]) => {
    const bytes = encodeUnsubscribe(one, version);
    assert.deepEqual(decodeWhole(bytes, version), one);
  }));
});

Deno.test("identity: SUBACK and UNSUBACK", () => {
  fc.assert(fc.property(any.suback, ([version, one]) => {
    const bytes = encodeSuback(one, version);
    assert.deepEqual(decodeWhole(bytes, version, true), one);
  }));
});

Deno.test("identity: DISCONNECT and AUTH", () => {
  fc.assert(fc.property(any.disconnect, (one) => {
    assert.deepEqual(decodeWhole(encodeDisconnect(one, 5), 5), one);
    assert.deepEqual([...encodeDisconnect(one, 4)], [0xe0, 0]);
  }));
  fc.assert(fc.property(any.auth, (one) => {
    assert.deepEqual(decodeWhole(encodeAuth(one), 5), one);
  }));
});

Deno.test("identity: PUBACK, PUBREC, PUBREL and PUBCOMP in each length", () => {
  const types: AckType[] = [4, 5, 6, 7];
  const code = (type: AckType) => type < 6 ? 0x97 : 0x92;
  fc.assert(fc.property(
    fc.constantFrom(...types),
    any.packetId,
    any.version,
    any.reasonProperties,
    (type, packetId, version, properties) => {
      const into = new Uint8Array(8);
      const expected = new AckPacket();
      expected.type = type;
      expected.packetId = packetId;
      assert.equal(writeAck(into, 1, type, packetId), 5);
      assert.deepEqual(decodeWhole(into.slice(1, 5), version), expected);
      expected.reasonCode = code(type);
      assert.equal(writeAckWithReason(into, 2, type, packetId, code(type)), 7);
      assert.deepEqual(decodeWhole(into.slice(2, 7), 5), expected);
      const long = encodeAck(type, packetId, code(type), properties);
      assert.deepEqual(decodeWhole(long, 5), expected);
    },
  ));
});

Deno.test("identity: PINGREQ and PINGRESP", () => {
  assert.deepEqual(decodeWhole(PINGREQ, 4), { type: 12 });
  assert.deepEqual(decodeWhole(PINGRESP, 4, true), { type: 13 });
});
