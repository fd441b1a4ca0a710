import assert from "node:assert/strict";
import { type Properties, ProtocolError } from "../../src/mqtt/mod.ts";
import {
  decodeAuth,
  decodeConnect,
  decodeDisconnect,
  decodePacket,
  decodeSubscribeHead,
  decodeUnsubscribeHead,
  encodeAuth,
  encodeConnect,
  encodeDisconnect,
  encodeSubscribe,
  encodeUnsubscribe,
  Frame,
  readFrame,
} from "../../src/codec/mod.ts";

const userProperties: [string, string][] = [["key", "value"], ["key", ""]];

const request = {
  filter: "a",
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
} as const;

/** A packet with user properties, and how the broker reads its properties. */
const PACKETS: Record<
  string,
  [Uint8Array, (bytes: Uint8Array, frame: Frame) => Properties]
> = {
  CONNECT: [
    encodeConnect({
      type: 1,
      version: 5,
      bridge: false,
      clientId: "c",
      cleanStart: true,
      keepAlive: 0,
      username: null,
      password: null,
      will: null,
      properties: { userProperties, receiveMaximum: 7 },
    }),
    (bytes, frame) => decodeConnect(bytes, frame).properties,
  ],
  SUBSCRIBE: [
    encodeSubscribe({
      type: 8,
      packetId: 1,
      requests: [request],
      properties: { userProperties, subscriptionIdentifier: 7 },
    }, 5),
    (bytes, frame) => decodeSubscribeHead(bytes, frame, 5).properties,
  ],
  UNSUBSCRIBE: [
    encodeUnsubscribe({
      type: 10,
      packetId: 1,
      filters: ["a"],
      properties: { userProperties },
    }, 5),
    (bytes, frame) => decodeUnsubscribeHead(bytes, frame, 5).properties,
  ],
  DISCONNECT: [
    encodeDisconnect({
      type: 14,
      reasonCode: 4,
      properties: { userProperties, reasonString: "why" },
    }, 5),
    (bytes, frame) => decodeDisconnect(bytes, frame, 5).properties,
  ],
  AUTH: [
    encodeAuth({
      type: 15,
      reasonCode: 0x18,
      properties: { userProperties, authenticationMethod: "m" },
    }),
    (bytes, frame) => decodeAuth(bytes, frame, 5).properties,
  ],
};

for (const [name, [bytes, read]] of Object.entries(PACKETS)) {
  const frame = new Frame();
  readFrame(frame, bytes, 0, bytes.length, bytes.length, 5);

  Deno.test(`${name}: the broker checks user properties and keeps none`, () => {
    const all = decodePacket(bytes, frame, 5);
    assert.ok("properties" in all);
    assert.deepEqual((all.properties as Properties).userProperties, [
      ["key", "value"],
      ["key", ""],
    ]);
    const { userProperties: _, ...rest } = all.properties as Properties;
    assert.deepEqual(read(bytes, frame), rest);
  });

  Deno.test(`${name}: a user property that is no UTF-8 is refused`, () => {
    const bad = bytes.slice();
    // "value" is in it once.
    const at = bad.findIndex((byte, i) => byte === 0x76 && bad[i + 1] === 0x61);
    bad[at] = 0xff;
    assert.throws(
      () => read(bad, frame),
      (error) => error instanceof ProtocolError && error.reasonCode === 0x81,
    );
  });
}
