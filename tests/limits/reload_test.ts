import assert from "node:assert/strict";
import { puback, staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

eachVersion(
  "a reload bounds those who are connected: how fast they publish",
  async (broker, version) => {
    const client = await broker.connect(version, "c");
    await client.subscribe(["t"]);
    await broker.reload({ limits: { publish_rate: 2 } });
    for (let at = 0; at < 6; at++) await client.publish({ topic: "t" });
    assert.equal((await client.receiveAll()).length, 3);
    await broker.reload({});
    // What was held back by the old bound keeps to it, what comes then not.
    await broker.advance(1000);
    assert.equal((await client.receiveAll()).length, 3);
    for (let at = 0; at < 6; at++) await client.publish({ topic: "t" });
    assert.equal((await client.receiveAll()).length, 6);
  },
);

eachVersion(
  "a reload opens and narrows the window of who is connected",
  async (broker, version) => {
    const client = await broker.connect(version, "c");
    await client.subscribe([["t", 1]]);
    const publisher = await broker.connect(version, "p");
    for (let at = 0; at < 6; at++) {
      await publisher.publish({ topic: "t", qos: 1, id: at + 1 });
    }
    assert.equal((await client.receiveAll()).length, 2);
    await broker.reload({ limits: { max_inflight: 4 } });
    const more = await client.receiveAll();
    assert.equal(more.length, 2, "what waited goes out at once");
    await broker.reload({ limits: { max_inflight: 1 } });
    await client.send(puback(1), puback(2), puback(more[0].packetId));
    await client.expectNothing();
    await client.send(puback(more[1].packetId));
    assert.equal((await client.receiveAll()).length, 1);
  },
  { limits: { max_inflight: 2 } },
);

conformance(
  "what CONNACK has promised holds until the client connects again",
  async (broker) => {
    const { client, connack } = await broker.join(5, "c");
    assert.equal(propertyOf(connack, 0x21), 1000);
    const changes = await broker.reload({
      shared: { available: false },
      protocol: { wildcard_available: false, max_qos: 0 },
      limits: { receive_maximum: 7 },
    });
    assert.deepEqual(
      new Set(changes.map(({ effect }) => effect)),
      new Set(["reconnect"]),
    );
    await client.subscribe(["$share/g/t", "a/#"]);
    await client.publish({ topic: "x", qos: 2, id: 1 });
    await client.expectAck(5, 1);
    const { client: next, connack: told } = await broker.join(5, "d");
    assert.deepEqual(
      [0x21, 0x24, 0x28, 0x2a].map((id) => propertyOf(told, id)),
      [7, 0, 0, 0],
    );
    await next.send(next.packets.subscribe(1, ["$share/g/t", "a/#"]));
    assert.deepEqual((await next.receive()).codes, [0x9e, 0xa2]);
  },
);

conformance(
  "a 3.x client was promised nothing: what is not offered any more is refused",
  async (broker) => {
    const client = await broker.connect(4, "c");
    await broker.reload({ protocol: { wildcard_available: false } });
    await client.send(client.packets.subscribe(1, ["a/#"]));
    assert.deepEqual((await client.receive()).codes, [0x80]);
  },
);

eachVersion(
  "members of a shared group can leave it although shared subscriptions are off since",
  async (broker, version) => {
    const here = await broker.connect(version, "here");
    await here.subscribe(["$share/g/t"]);
    const before = await broker.connect(version, staying(version, "back"));
    await before.subscribe(["$share/g/t"]);
    await before.drop();
    await broker.reload({ shared: { available: false } });
    const back = await broker.connect(version, staying(version, "back"));
    for (const member of [here, back]) {
      await member.send(member.packets.unsubscribe(2, ["$share/g/t"]));
      const unsuback = await member.receive();
      assert.equal(unsuback.type, 11);
      if (version === 5) assert.deepEqual(unsuback.codes, [0]);
    }
    await here.publish({ topic: "t" });
    await here.expectNothing();
    await back.expectNothing();
  },
);

eachVersion(
  "a reload bounds backlogs, subscriptions and connections from then on",
  async (broker, version) => {
    const client = await broker.connect(version, "c");
    await client.subscribe(["a", "b"]);
    await broker.reload({
      limits: { max_subscriptions_per_session: 2, max_connections: 1 },
    });
    await client.send(client.packets.subscribe(1, ["c"]));
    assert.ok((await client.receive()).codes[0] >= 0x80);
    await broker.open(version).expectClosed();
    await broker.reload({ limits: { max_connections_per_address: 1 } });
    await broker.open(version).expectClosed();
    await broker.reload({});
    await broker.connect(version, "d");
    await client.expectAlive();
  },
);

conformance(
  "retained messages are bounded anew, $SYS not counted",
  async (broker) => {
    const client = await broker.connect(5, "c");
    await broker.reload({
      sys: { interval: 10_000 },
      retained: { max_messages: 1 },
    });
    const retain = async (topic: string, code?: number) => {
      await client.publish({
        topic,
        qos: 1,
        id: 1,
        retain: true,
        payload: "x",
      });
      await client.expectAck(4, 1, code);
    };
    await retain("one");
    await retain("two", 0x97);
    await broker.reload({ retained: { max_messages: 2 } });
    await retain("two");
    await retain("three", 0x97);
    await client.subscribe(["$SYS/#"]);
    assert.deepEqual(await client.receiveAll(), [], "$SYS is over with 0");
  },
);

conformance(
  "what has not changed is not told, what needs a restart stays and is",
  async (broker) => {
    assert.deepEqual(await broker.reload({}), []);
    const told = await broker.reload({
      storage: { mode: "durable", path: "/nowhere" },
    });
    assert.deepEqual(told.map(({ effect }) => effect), ["restart", "restart"]);
    assert.equal(broker.broker.settings.storage.mode, "memory");
  },
);
