import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { puback, pubrel, staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

eachVersion(
  "max_inflight messages are sent and not one more before an acknowledgement",
  async (broker, version) => {
    const client = await broker.connect(version, "subscriber");
    await client.subscribe([["t", 1]]);
    const other = await broker.connect(version, "publisher");
    for (let id = 1; id <= 9; id++) {
      await other.publish({ topic: "t", payload: `${id}`, qos: 1, id });
    }
    const first = await client.receiveAll();
    assert.deepEqual(first.map((one) => one.payload), ["1", "2", "3", "4"]);
    await client.send(puback(first[0].packetId), puback(first[1].packetId));
    const next = await client.receiveAll();
    assert.deepEqual(next.map((one) => one.payload), ["5", "6"]);
  },
  { limits: { max_inflight: 4 } },
);

for (const [own, setting, expected] of [[2, 4, 2], [9, 4, 4]]) {
  conformance(
    `a receive maximum of ${own} and a max_inflight of ${setting} make a window of ${expected}`,
    async (broker) => {
      const client = await broker.connect(5, {
        clientId: "subscriber",
        properties: [property.receiveMaximum(own)],
      });
      await client.subscribe([["t", 2]]);
      const other = await broker.connect(5, "publisher");
      for (let id = 1; id <= 12; id++) {
        await other.publish({ topic: "t", qos: 1 + id % 2, id });
      }
      assert.equal((await client.receiveAll()).length, expected);
    },
    { limits: { max_inflight: setting } },
  );
}

conformance(
  "receive_maximum QoS 2 messages may be open, one more is 0x93; PUBREL makes room",
  async (broker) => {
    const { client, connack } = await broker.join(5);
    assert.equal(propertyOf(connack, 0x21), 3);
    for (let id = 1; id <= 50; id++) {
      await client.publish({ topic: "t", qos: 2, id });
      await client.expectAck(5, id);
      if (id < 3) continue;
      await client.send(pubrel(id - 2));
      await client.expectAck(7, id - 2);
    }
    for (let id = 1; id <= 20; id++) {
      await client.publish({ topic: "t", qos: 1, id: 100 + id });
      await client.expectAck(4, 100 + id);
    }
    await client.publish({ topic: "t", qos: 2, id: 51 });
    await client.expectAck(5, 51);
    await client.publish({ topic: "t", qos: 2, id: 52 });
    await client.expectDisconnect(0x93);
  },
  { listener: { receive_maximum: 3 } },
);

conformance(
  "topic_alias_maximum aliases may be set, the next is 0x94",
  async (broker) => {
    const { client, connack } = await broker.join(5);
    assert.equal(propertyOf(connack, 0x22), 3);
    await client.subscribe(["#"]);
    for (const alias of [1, 2, 3]) {
      const properties = [property.topicAlias(alias)];
      await client.publish({ topic: `t${alias}`, properties });
      await client.publish({ topic: "", properties });
    }
    const topics = (await client.receiveAll()).map((one) => one.topic);
    assert.deepEqual(topics, ["t1", "t1", "t2", "t2", "t3", "t3"]);
    await client.publish({ topic: "t4", properties: [property.topicAlias(4)] });
    await client.expectDisconnect(0x94);
  },
  { limits: { topic_alias_maximum: 3 } },
);

for (
  const [own, setting, expected] of [[2, 5, 2], [9, 3, 3], [4, 0, 0], [0, 4, 0]]
) {
  conformance(
    `of a client's ${own} aliases and a topic_alias_maximum_out of ${setting} the broker uses ${expected}`,
    async (broker) => {
      const client = await broker.connect(5, {
        clientId: "subscriber",
        properties: own === 0 ? [] : [property.topicAliasMaximum(own)],
      });
      await client.subscribe(["#"]);
      const other = await broker.connect(5, "publisher");
      const known = new Map<number, string>();
      for (let round = 0; round < 60; round++) {
        const topic = `t/${round * round % 11}`;
        await other.publish({ topic });
        const packet = await client.receivePublish();
        const alias = propertyOf(packet, 0x23) as number | undefined;
        if (alias !== undefined && packet.topic !== "") {
          known.set(alias, packet.topic);
        }
        const meant = packet.topic === "" ? known.get(alias!) : packet.topic;
        assert.equal(meant, topic);
      }
      assert.deepEqual(
        [...known.keys()].sort(),
        Array.from({ length: expected }, (_, at) => at + 1),
      );
    },
    { limits: { topic_alias_maximum_out: setting } },
  );
}

conformance(
  "receive_maximum counts anew on each connection: what was open before takes no part of it",
  async (broker) => {
    const first = await broker.connect(5, staying(5, "publisher"));
    for (let id = 1; id <= 3; id++) {
      await first.publish({ topic: "t", qos: 2, id });
      await first.expectAck(5, id);
    }
    await first.drop();
    const again = await broker.connect(5, staying(5, "publisher"));
    for (let id = 4; id <= 6; id++) {
      await again.publish({ topic: "t", qos: 2, id });
      await again.expectAck(5, id);
    }
    await again.publish({ topic: "t", qos: 2, id: 7 });
    await again.expectDisconnect(0x93);
  },
  { limits: { receive_maximum: 3 } },
);
