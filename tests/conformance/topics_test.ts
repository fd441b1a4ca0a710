import assert from "node:assert/strict";
import { staying } from "../support/packets.ts";
import { eachVersion } from "../support/test_broker.ts";

// Section 4.7: topic names, filters, wildcards.

const BAD_FILTERS: readonly [name: string, filters: readonly string[]][] = [
  [
    "3.1.1 [MQTT-4.7.1-2] 5.0 [MQTT-4.7.1-1] # that is not last or not alone in its level",
    ["#/a", "a/#/b", "a#", "a/b#", "##", "#a", "a/##", "/#/", "+#"],
  ],
  [
    "3.1.1 [MQTT-4.7.1-3] 5.0 [MQTT-4.7.1-2] + that does not fill its level",
    ["a+", "+a", "a/+b", "a/b+/c", "++", "a/+#"],
  ],
  [
    "3.1.1 [MQTT-4.7.3-1] 5.0 [MQTT-4.7.3-1] an empty filter",
    [""],
  ],
];

for (const [name, filters] of BAD_FILTERS) {
  eachVersion(`${name} ends the connection`, async (broker, version) => {
    for (const filter of filters) {
      const client = await broker.connect(version);
      await client.send(client.packets.subscribe(1, ["fine", filter]));
      await client.expectDisconnect(0x81);
      const other = await broker.connect(version);
      await other.send(other.packets.unsubscribe(1, ["fine", filter]));
      await other.expectDisconnect(0x81);
    }
  });
}

eachVersion(
  "5.0 [MQTT-4.13.1-1] of a packet with an invalid filter nothing takes effect",
  async (broker, version) => {
    const client = await broker.connect(version, staying(version));
    await client.subscribe(["kept"]);
    await client.send(client.packets.subscribe(2, ["new", "a#"]));
    await client.expectDisconnect(0x81);
    const again = await broker.connect(version, staying(version));
    await again.send(again.packets.unsubscribe(3, ["kept", "a#"]));
    await again.expectDisconnect(0x81);
    const last = await broker.connect(version, staying(version));
    await last.publish({ topic: "new" });
    await last.publish({ topic: "kept" });
    assert.equal((await last.receivePublish()).topic, "kept");
    await last.expectNothing();
  },
);

const MATCHES: readonly [filter: string, yes: string[], no: string[]][] = [
  ["a/b", ["a/b"], ["a", "a/b/", "/a/b", "A/b", "a/b/c"]],
  ["#", ["a", "/", "a/b", "//"], ["$SYS/x", "$x"]],
  ["a/#", ["a", "a/", "a/b", "a/b/c"], ["b", "ab", "A", "/a"]],
  ["+", ["a", "ü"], ["/", "a/b", "/a", "$x"]],
  ["+/+", ["a/b", "/", "/a", "a/"], ["a", "a/b/c", "$SYS/x"]],
  ["/+", ["/a", "/"], ["a", "a/b"]],
  ["+/b/#", ["a/b", "a/b/c", "/b"], ["$x/b", "b", "a/c"]],
  ["a/+/c", ["a/b/c", "a//c"], ["a/c", "a/b/d", "a/b/c/d"]],
  ["a//b", ["a//b"], ["a/b", "a/x/b"]],
  ["$x/#", ["$x", "$x/a"], ["x", "a"]],
  ["$x/+", ["$x/a"], ["$x"]],
  ["a b", ["a b"], ["ab"]],
];

eachVersion(
  "3.1.1 [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.2-1] 5.0 [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1] filters match what they should and nothing else",
  async (broker, version) => {
    const other = await broker.connect(version, "publisher");
    for (const [filter, yes, no] of MATCHES) {
      const client = await broker.connect(version, "subscriber");
      await client.subscribe([filter]);
      for (const topic of [...yes, ...no]) await other.publish({ topic });
      const got = (await client.receiveAll()).map((one) => one.topic);
      assert.deepEqual(got, yes, filter);
      await client.disconnect();
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-4.7.2-1] 5.0 [MQTT-4.7.2-1] retained $ topics are hidden from leading wildcards too",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "$x/a", payload: "1", retain: true });
    await client.subscribe(["#", "+/a"]);
    await client.expectNothing();
    await client.subscribe(["$x/+"]);
    assert.equal((await client.receivePublish()).topic, "$x/a");
  },
);

eachVersion(
  "3.1.1 [MQTT-4.7.3-4] 5.0 [MQTT-4.7.3-4] matching compares characters as they are",
  async (broker, version) => {
    // Composed and decomposed; small and capital; with and without joiner.
    const names = [
      "caf\u00e9",
      "cafe\u0301",
      "Café",
      "a\u200db",
      "ab",
      "ﬁ",
      "fi",
    ];
    const client = await broker.connect(version);
    for (const name of names) {
      await client.subscribe([name]);
      for (const topic of names) await client.publish({ topic });
      const got = (await client.receiveAll()).map((one) => one.topic);
      assert.deepEqual(got, [name]);
      await client.send(client.packets.unsubscribe(1, [name]));
      await client.expectAck(11, 1);
    }
  },
);

eachVersion(
  "topics and filters beyond the bounds of length and levels are refused",
  async (broker, version) => {
    const client = await broker.connect(version);
    const long = "x".repeat(21);
    const deep = "a/b/c/d/e";
    await client.send(client.packets.subscribe(1, [long, deep, "a/b/c/#"]));
    const { codes } = await client.receive();
    assert.ok(codes[0] >= 0x80 && codes[1] >= 0x80);
    assert.equal(codes[2], 0);
    for (const topic of [long, deep]) {
      const publisher = await broker.connect(version, "publisher");
      await publisher.publish({ topic, qos: 1 });
      const answer = await publisher.receive().catch(() => null);
      if (answer?.type === 4) assert.equal(answer.code, 0x90);
      else assert.equal(publisher.closed, true);
    }
    await client.expectNothing();
  },
  { limits: { max_topic_length: 20, max_topic_levels: 4 } },
);
