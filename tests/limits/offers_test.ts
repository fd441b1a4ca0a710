import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

for (const qos of [0, 1] as const) {
  conformance(
    `with max_qos ${qos} QoS ${qos} is taken and ${qos + 1} is not; wills too`,
    async (broker) => {
      const { client, connack } = await broker.join(5);
      assert.equal(propertyOf(connack, 0x24), qos);
      await client.subscribe([["t", 0]]);
      await client.publish({ topic: "t", qos, payload: "fits" });
      const topics = (await client.receiveAll()).filter((one) =>
        one.type === 3
      );
      assert.equal(topics.length, 1);
      await client.publish({ topic: "t", qos: qos + 1 });
      await client.expectDisconnect(0x9b);
      const will = { topic: "w", payload: "", qos: qos + 1 };
      const other = broker.open(5);
      await other.send(other.packets.connect({ will }));
      await other.expectRefused(0x9b);
    },
    { listener: { max_qos: qos } },
  );
}

conformance(
  "where retain is not available PUBLISH gets 0x9A, a retained will too",
  async (broker) => {
    const { client, connack } = await broker.join(5);
    assert.equal(propertyOf(connack, 0x25), 0);
    await client.publish({ topic: "t", payload: "x" });
    await client.expectAlive();
    await client.publish({ topic: "t", payload: "x", retain: true });
    await client.expectDisconnect(0x9a);
    const other = broker.open(5);
    const will = { topic: "w", payload: "", retain: true };
    await other.send(other.packets.connect({ will }));
    await other.expectRefused(0x9a);
  },
  { listener: { retain_available: false } },
);

for (const version of [3, 4] as const) {
  conformance(
    `where retain is not available the RETAIN of version ${version} is passed over: message and will go on without it`,
    async (broker) => {
      const plain = await broker.connect(4, "plain");
      await plain.subscribe([["t", 1]]);
      const asPublished = await broker.connect(5, "as published");
      await asPublished.subscribe([["t", 1 | 8]]);
      const client = await broker.connect(version, "publisher");
      for (const qos of [0, 1]) {
        await client.publish({ topic: "t", payload: "x", retain: true, qos });
        for (const reader of [plain, asPublished]) {
          const { retain, payload } = await reader.receivePublish();
          assert.deepEqual([retain, payload], [false, "x"]);
        }
      }
      await client.expectAck(4, 1);
      const will = { topic: "t", payload: "gone", retain: true };
      const dying = await broker.connect(version, { clientId: "d", will });
      await dying.drop();
      assert.equal((await plain.receivePublish()).payload, "gone");
      const late = await broker.connect(5, "late");
      await late.subscribe(["t"]);
      await late.expectNothing();
    },
    { listener: { retain_available: false } },
  );
}

eachVersion(
  "where shared subscriptions are not available they alone are refused",
  async (broker, version) => {
    const client = await broker.connect(version);
    const filters = ["$share/g/a", "a", "$share/g/#"];
    await client.send(client.packets.subscribe(1, filters));
    const refused = version === 5 ? 0x9e : 0x80;
    assert.deepEqual((await client.receive()).codes, [refused, 0, refused]);
    await client.publish({ topic: "a", payload: "once" });
    assert.equal((await client.receiveAll()).length, 1);
  },
  { shared: { available: false } },
);

eachVersion(
  "where wildcards are not available they alone are refused",
  async (broker, version) => {
    const client = await broker.connect(version);
    const filters = ["#", "a/+", "a/b", "$share/g/+", "$share/g/a"];
    await client.send(client.packets.subscribe(1, filters));
    const refused = version === 5 ? 0xa2 : 0x80;
    assert.deepEqual((await client.receive()).codes, [
      refused,
      refused,
      0,
      refused,
      0,
    ]);
  },
  { protocol: { wildcard_available: false } },
);

for (const checked of [true, false]) {
  conformance(
    `a payload that is no UTF-8 and says it were is ${
      checked ? "refused" : "passed on"
    } with validate_payload_format ${checked}`,
    async (broker) => {
      const client = await broker.connect(5);
      const payload = new Uint8Array([0x61, 0xc3]);
      const properties = [property.payloadFormat(1)];
      await client.publish({ topic: "t", payload, properties, qos: 1 });
      await client.expectAck(4, 1, checked ? 0x99 : 0x10);
      // A NUL is well-formed UTF-8: only strings of the protocol forbid it.
      await client.publish({ topic: "t", payload: "\0é", properties, qos: 1 });
      await client.expectAck(4, 1, 0x10);
      await client.publish({ topic: "t", payload, qos: 1 });
      await client.expectAck(4, 1, 0x10);
    },
    { protocol: { validate_payload_format: checked } },
  );
}

for (
  const versions of [["3.1"], ["3.1.1"], ["5.0"], ["3.1", "5.0"]] as const
) {
  conformance(
    `a listener for ${versions.join(" and ")} serves no other version`,
    async (broker) => {
      for (const [version, name] of [[3, "3.1"], [4, "3.1.1"], [5, "5.0"]]) {
        const client = broker.open(version as 3 | 4 | 5);
        await client.send(client.packets.connect());
        if ((versions as readonly unknown[]).includes(name)) {
          assert.equal((await client.receive()).code, 0);
        } else await client.expectRefused(version === 5 ? 0x84 : 1);
      }
    },
    { listener: { versions } },
  );
}
