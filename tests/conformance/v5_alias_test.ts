import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance } from "../support/test_broker.ts";

// Topic aliases (3.3.2.3.4), in both directions. The broker may give aliases as
// it likes; the tests follow what they mean, not which ones it chooses.

const FIVE = { limits: { topic_alias_maximum: 5 } };

conformance(
  "5.0 [MQTT-3.3.2-12] aliases up to the broker's maximum are taken, and can be set anew",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["#"]);
    const { client, connack } = await broker.join(5, "publisher");
    assert.equal(propertyOf(connack, 0x22), 5);
    const say = async (topic: string, alias: number) => {
      await client.publish({ topic, properties: [property.topicAlias(alias)] });
      return (await watcher.receivePublish()).topic;
    };
    for (const alias of [1, 2, 3, 4, 5]) {
      assert.equal(await say(`t/${alias}`, alias), `t/${alias}`);
    }
    for (const alias of [5, 1, 3]) {
      assert.equal(await say("", alias), `t/${alias}`);
    }
    assert.equal(await say("new", 3), "new");
    assert.equal(await say("", 3), "new");
    assert.equal(await say("", 5), "t/5");
  },
  FIVE,
);

conformance(
  "5.0 [MQTT-3.3.2-8] [MQTT-3.3.2-9] [MQTT-3.2.2-17] alias 0 and aliases above the maximum get 0x94",
  async (broker) => {
    for (const alias of [0, 6, 65_535]) {
      const client = await broker.connect(5);
      const properties = [property.topicAlias(alias)];
      await client.publish({ topic: "t", properties });
      await client.expectDisconnect(0x94);
    }
  },
  FIVE,
);

conformance(
  "5.0 [MQTT-3.2.2-18] with a maximum of 0 any alias gets 0x94",
  async (broker) => {
    const { client, connack } = await broker.join(5);
    assert.ok(!propertyOf(connack, 0x22));
    await client.publish({ topic: "t", properties: [property.topicAlias(1)] });
    await client.expectDisconnect(0x94);
  },
  { limits: { topic_alias_maximum: 0 } },
);

conformance(
  "5.0 an empty topic with an alias that is not set, or without one, is an error",
  async (broker) => {
    const unset = await broker.connect(5);
    await unset.publish({ topic: "", properties: [property.topicAlias(2)] });
    await unset.expectDisconnect(0x82); // 3.3.4
    const none = await broker.connect(5);
    await none.publish({ topic: "" });
    await none.expectDisconnect(0x82, 0x90);
  },
  FIVE,
);

conformance(
  "5.0 [MQTT-3.3.2-7] aliases end with their connection",
  async (broker) => {
    const stay = { clean: false, properties: [property.sessionExpiry(100)] };
    const first = await broker.connect(5, stay);
    await first.publish({ topic: "t", properties: [property.topicAlias(1)] });
    await first.disconnect();
    const again = await broker.connect(5, stay);
    await again.publish({ topic: "", properties: [property.topicAlias(1)] });
    await again.expectDisconnect(0x82, 0x94);
  },
  FIVE,
);

conformance(
  "5.0 [MQTT-3.1.2-27] no alias to a client that does not take any",
  async (broker) => {
    for (const wish of [[], [property.topicAliasMaximum(0)]]) {
      const client = await broker.connect(5, { properties: wish });
      await client.subscribe(["t"]);
      for (let time = 0; time < 5; time++) {
        await client.publish({ topic: "t" });
        const publish = await client.receivePublish();
        assert.equal(propertyOf(publish, 0x23), undefined);
        assert.equal(publish.topic, "t");
      }
    }
  },
);

conformance(
  "5.0 [MQTT-3.1.2-26] [MQTT-3.3.2-11] aliases to the client stay within its maximum and mean what they say",
  async (broker) => {
    const client = await broker.connect(5, {
      clientId: "subscriber",
      properties: [property.topicAliasMaximum(2)],
    });
    await client.subscribe(["#"]);
    const other = await broker.connect(5, "publisher");
    const known = new Map<number, string>();
    let used = 0;
    for (let round = 0; round < 18; round++) {
      // Other topics become the often used ones, then the first again.
      const often = round % 6 < 3 ? ["a", "b", "c", "a"] : ["d", "e", "e", "d"];
      for (const topic of often) {
        await other.publish({ topic });
        const publish = await client.receivePublish();
        const alias = propertyOf(publish, 0x23) as number | undefined;
        if (alias !== undefined) {
          assert.ok(alias >= 1 && alias <= 2, `alias ${alias}`);
          if (publish.topic) known.set(alias, publish.topic);
          else used++;
        }
        assert.equal(publish.topic || known.get(alias!), topic);
      }
    }
    assert.ok(used > 0, "aliases are made use of");
  },
);

conformance(
  "5.0 as many aliases as topics: from the second message on no topic name is sent",
  async (broker) => {
    const client = await broker.connect(5, {
      clientId: "subscriber",
      properties: [property.topicAliasMaximum(10)],
    });
    await client.subscribe(["#"]);
    const other = await broker.connect(5, "publisher");
    const topics = Array.from({ length: 10 }, (_, at) => `sensor/${at}`);
    for (let round = 0; round < 4; round++) {
      for (const topic of topics) await other.publish({ topic });
      const names = (await client.receiveAll()).map((one) => one.topic);
      assert.deepEqual(
        names,
        round === 0 ? topics : topics.map(() => ""),
        `round ${round}`,
      );
    }
  },
);

conformance(
  "5.0 a retained message and a later PUBLISH share the alias of their topic",
  async (broker) => {
    const client = await broker.connect(5, {
      clientId: "subscriber",
      properties: [property.topicAliasMaximum(10)],
    });
    const other = await broker.connect(5, "publisher");
    await other.publish({ topic: "t", payload: "kept", retain: true });
    for (const name of ["t", "", ""]) {
      await client.subscribe(["t"]);
      assert.equal((await client.receivePublish()).topic, name);
      await other.publish({ topic: "t" });
      assert.equal((await client.receivePublish()).topic, "");
    }
  },
);

conformance(
  "5.0 [MQTT-3.3.2-7] aliases to the client begin anew on its next connection",
  async (broker) => {
    const stay = {
      clientId: "subscriber",
      clean: false,
      properties: [property.sessionExpiry(100), property.topicAliasMaximum(5)],
    };
    const other = await broker.connect(5, "publisher");
    const first = await broker.connect(5, stay);
    await first.subscribe(["t"]);
    for (let time = 0; time < 5; time++) await other.publish({ topic: "t" });
    await first.receiveAll();
    await first.disconnect();
    const again = await broker.connect(5, stay);
    await other.publish({ topic: "t" });
    assert.equal((await again.receivePublish()).topic, "t");
  },
);

conformance(
  "5.0 a message dropped as too large does not set its alias",
  async (broker) => {
    const client = await broker.connect(5, {
      clientId: "subscriber",
      properties: [
        property.topicAliasMaximum(5),
        property.maximumPacketSize(60),
      ],
    });
    await client.subscribe(["#"]);
    const other = await broker.connect(5, "publisher");
    for (let time = 0; time < 5; time++) {
      await other.publish({ topic: "topic", payload: "x".repeat(100) });
    }
    await other.publish({ topic: "topic", payload: "x" });
    assert.equal((await client.receivePublish()).topic, "topic");
  },
);

for (const topic of ["topic", "t"]) {
  conformance(
    `5.0 [MQTT-3.1.2-25] a message of Maximum Packet Size is not dropped because of the alias of ${topic}`,
    async (broker) => {
      const client = await broker.connect(5, {
        clientId: "subscriber",
        properties: [
          property.topicAliasMaximum(5),
          property.maximumPacketSize(60),
        ],
      });
      await client.subscribe(["#"]);
      const other = await broker.connect(5, "publisher");
      const { length } = other.packets.publish({ topic });
      const payload = "x".repeat(60 - length);
      for (let time = 0; time < 2; time++) {
        await other.publish({ topic, payload });
        const packet = await client.receivePublish();
        assert.equal(packet.payload, payload);
        assert.ok(packet.bytes.length <= 60);
        await other.publish({ topic, payload: "short" });
        assert.equal((await client.receivePublish()).payload, "short");
      }
      await other.publish({ topic, payload: `${payload}too long` });
      await client.expectNothing();
    },
  );
}

conformance(
  "5.0 an alias that a repeated QoS 2 PUBLISH sets holds afterwards",
  async (broker) => {
    const reader = await broker.connect(5, "reader");
    await reader.subscribe(["t"]);
    const message = {
      topic: "t",
      payload: "once",
      qos: 2,
      id: 7,
      properties: [property.topicAlias(1)],
    };
    const first = await broker.connect(5, staying(5, "publisher"));
    await first.publish(message);
    await first.drop();
    // Aliases are those of a connection, packet ids are the session's.
    const again = await broker.connect(5, staying(5, "publisher"));
    await again.publish({ ...message, dup: true });
    await again.expectAck(5, 7);
    await again.publish({
      topic: "",
      payload: "by alias",
      properties: [property.topicAlias(1)],
    });
    await again.expectAlive();
    const payloads = (await reader.receiveAll()).map((one) => one.payload);
    assert.deepEqual(payloads, ["once", "by alias"]);
  },
);
