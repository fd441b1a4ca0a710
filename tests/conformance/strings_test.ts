import assert from "node:assert/strict";
import { hex, join, packet, property, u16, utf8 } from "../support/bytes.ts";
import type { ConnectOptions } from "../support/packets.ts";
import { propertiesOf } from "../support/read_packet.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";

// Section 1.5: what text is, wherever a packet carries some. Each rule is tried
// in every string of CONNECT, PUBLISH, SUBSCRIBE and UNSUBSCRIBE.

const ILL_FORMED: Record<string, string> = {
  "overlong NUL": "c0 80",
  "overlong slash": "e0 80 af",
  "overlong of four bytes": "f0 80 80 af",
  surrogate: "ed a0 80",
  "surrogate pair": "ed a0 bd ed b8 80",
  "lone continuation": "80",
  "cut short": "e2 82",
  "above U+10FFFF": "f4 90 80 80",
  "never a byte of UTF-8": "ff",
};

const NUL = "61 00 62";

/** A CONNECT whose `options` break a rule of strings. */
async function refused(
  broker: TestBroker,
  version: 4 | 5,
  options: ConnectOptions,
): Promise<void> {
  const client = broker.open(version);
  await client.send(client.packets.connect(options));
  if (version === 5) await client.expectRefused(0x81);
  else await client.expectClosed();
}

/** A packet of a connected client that breaks a rule of strings. */
async function disconnected(
  broker: TestBroker,
  version: 4 | 5,
  kind: "publish" | "subscribe" | "unsubscribe",
  bad: Uint8Array,
): Promise<void> {
  const client = await broker.connect(version);
  if (kind === "publish") await client.publish({ topic: bad });
  else await client.send(client.packets[kind](1, [bad]));
  await client.expectDisconnect(0x81);
}

for (const [what, digits] of Object.entries(ILL_FORMED)) {
  const bad = join("61", digits);
  eachVersion(
    `3.1.1 [MQTT-1.5.3-1] [MQTT-3.1.3-4] [MQTT-3.1.3-10] [MQTT-3.1.3-11] 5.0 [MQTT-1.5.4-1] [MQTT-3.1.3-4] [MQTT-3.1.3-11] [MQTT-3.1.3-12] CONNECT with ${what}`,
    async (broker, version) => {
      await refused(broker, version, { clientId: bad });
      await refused(broker, version, { will: { topic: bad, payload: "x" } });
      await refused(broker, version, { username: bad });
    },
  );
  eachVersion(
    `3.1.1 [MQTT-1.5.3-1] [MQTT-3.3.2-1] [MQTT-3.8.3-1] [MQTT-3.10.3-1] 5.0 [MQTT-1.5.4-1] [MQTT-3.3.2-1] [MQTT-3.8.3-1] [MQTT-3.10.3-1] PUBLISH, SUBSCRIBE, UNSUBSCRIBE with ${what}`,
    async (broker, version) => {
      for (const kind of ["publish", "subscribe", "unsubscribe"] as const) {
        await disconnected(broker, version, kind, bad);
      }
    },
  );
}

eachVersion(
  "3.1.1 [MQTT-1.5.3-2] [MQTT-4.7.3-2] 5.0 [MQTT-1.5.4-2] [MQTT-4.7.3-2] U+0000 ends the connection",
  async (broker, version) => {
    const bad = hex(NUL);
    await refused(broker, version, { clientId: bad });
    await refused(broker, version, { will: { topic: bad, payload: "x" } });
    await refused(broker, version, { username: bad });
    for (const kind of ["publish", "subscribe", "unsubscribe"] as const) {
      await disconnected(broker, version, kind, bad);
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-1.5.3-3] 5.0 [MQTT-1.5.4-3] a byte order mark is part of the topic",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe(["\ufeffa"]);
    await client.publish({ topic: "a", payload: "without" });
    await client.publish({ topic: "\ufeffa", payload: "with" });
    const { topic, payload } = await client.receivePublish();
    assert.deepEqual([topic, payload], ["\ufeffa", "with"]);
    await client.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-1.5.7-1] both halves of a user property are checked",
  async (broker) => {
    for (const digits of [...Object.values(ILL_FORMED), NUL]) {
      const bad = hex(digits);
      const length = u16(bad.length);
      for (
        const pair of [
          join("26", length, bad, "00 01 61"),
          join("26 00 01 61", length, bad),
        ]
      ) {
        await refused(broker, 5, { properties: [pair] });
        const client = await broker.connect(5);
        await client.publish({ topic: "t", properties: [pair] });
        await client.expectDisconnect(0x81);
      }
    }
  },
);

for (
  const [name, kind] of [
    ["5.0 [MQTT-3.3.2-13] the response topic is UTF-8", "responseTopic"],
    ["5.0 [MQTT-3.3.2-19] the content type is UTF-8", "contentType"],
  ] as const
) {
  conformance(name, async (broker) => {
    for (const digits of [...Object.values(ILL_FORMED), NUL]) {
      const client = await broker.connect(5);
      const bad = property[kind](hex(digits));
      await client.publish({ topic: "t", properties: [bad] });
      await client.expectDisconnect(0x81);
    }
  });
}

conformance(
  "5.0 [MQTT-1.5.5-1] a variable byte integer longer than needed is malformed",
  async (broker) => {
    const overlong = [
      // Remaining length, property length, subscription identifier.
      hex("c0 80 00"),
      packet(0x30, "00 01 74 80 00 70"),
      packet(0x82, "00 01 03 0b 81 00 00 01 74 00"),
    ];
    for (const bytes of overlong) {
      const client = await broker.connect(5);
      await client.send(bytes);
      await client.expectDisconnect(0x81);
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-4.7.3-3] 5.0 [MQTT-4.7.3-3] a topic of 65,535 bytes goes through",
  async (broker, version) => {
    const topic = "é".repeat(32_767) + "a";
    assert.equal(utf8(topic).length, 65_535);
    const client = await broker.connect(version);
    await client.subscribe([topic]);
    await client.publish({ topic, payload: "x" });
    assert.equal((await client.receivePublish()).topic, topic);
  },
);

conformance(
  "strings of every plane go through unaltered",
  async (broker) => {
    const text = "aé€😀\u{10ffff}\u0001\u007f\uffff";
    const client = await broker.connect(5, { clientId: text });
    await client.subscribe([text]);
    await client.publish({
      topic: text,
      payload: text,
      properties: [property.user(text, text)],
    });
    const packet = await client.receivePublish();
    assert.deepEqual([packet.topic, packet.payload], [text, text]);
    assert.deepEqual(propertiesOf(packet, 0x26), [[text, text]]);
  },
);
