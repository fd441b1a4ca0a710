import assert from "node:assert/strict";
import type { PartialSettings } from "../../src/config/mod.ts";
import { staying } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

const rules = (...topics: string[]): PartialSettings["acl"] =>
  topics.map((topic) => ({ topic: [topic] }));

eachVersion(
  "subscriptions that rules no longer allow are gone at once, others stay",
  async (broker, version) => {
    const client = await broker.connect(version, "c");
    await client.subscribe(["a/#", "b", "$share/g/a/1"]);
    const away = await broker.connect(version, staying(version, "away"));
    await away.subscribe([["a/#", 1], ["b", 1]]);
    await away.disconnect();
    const publisher = await broker.connect(version, "p");
    await broker.reload({ acl: rules("b", "x") });
    // Everything is allowed again, and yet what was removed stays so.
    await broker.reload({});
    for (const topic of ["a/1", "b"]) {
      await publisher.publish({ topic, qos: 1, id: 1 });
      await publisher.expectAck(4, 1);
    }
    const topics = (await client.receiveAll()).map((one) => one.topic);
    assert.deepEqual(topics, ["b"]);
    const { client: back } = await broker.join(
      version,
      staying(version, "away"),
    );
    const waited = (await back.receiveAll()).map((one) => one.topic);
    assert.deepEqual(waited, ["b"]);
  },
);

conformance(
  "a 5.0 client that has no subscription left is told, and may come again",
  async (broker) => {
    const client = await broker.connect(5, "c");
    await client.subscribe(["a/#"]);
    const other = await broker.connect(5, "d");
    await broker.reload({ acl: rules("b") });
    await client.expectDisconnect(0x87);
    await other.expectAlive();
    await broker.connect(5, "c");
  },
);

eachVersion(
  "what may be published is another thing from the next packet on",
  async (broker, version) => {
    const client = await broker.connect(version, "c");
    await client.subscribe(["a"]);
    const publish = async () => {
      await client.publish({ topic: "a" });
      return (await client.receiveAll()).length;
    };
    assert.equal(await publish(), 1);
    await broker.reload({
      acl: [{ topic: ["a"], action: "subscribe" }],
    });
    assert.equal(await publish(), 0);
    await broker.reload({ acl: rules("a") });
    assert.equal(await publish(), 1);
  },
);

eachVersion(
  "who would not be let in any more is sent off, others are not",
  async (broker, version) => {
    const unasked = await broker.connect(version, "c");
    await broker.reload({ auth: [{ type: "anonymous" }] });
    await unasked.expectDisconnect(0x87);
    const anonymous = await broker.connect(version, "a");
    await broker.reload({
      auth: [{ type: "users" }, { type: "anonymous" }],
      user: [{ name: "bob", password: "pw" }],
    });
    await anonymous.expectAlive();
    await broker.reload({
      auth: [{ type: "users" }],
      user: [{ name: "bob", password: "pw" }],
      listener: { allow_anonymous: false },
    });
    await anonymous.expectDisconnect(0x87);
  },
);

eachVersion(
  "a network that is not allowed any more is sent off",
  async (broker, version) => {
    const near = await broker.connect(version, "near");
    const far = broker.open(version, true, "10.0.0.7");
    await far.send(far.packets.connect({ clientId: "far" }));
    assert.equal((await far.receive()).code, 0);
    await broker.reload({ listener: { allowed_networks: ["127.0.0.0/8"] } });
    await far.expectDisconnect(0x87);
    await near.expectAlive();
  },
);

conformance(
  "rules that make no sense change nothing at all",
  async (broker) => {
    const client = await broker.connect(5, "c");
    await client.subscribe(["a"]);
    await assert.rejects(
      broker.reload({
        access: { acl_file: ["/nowhere/acl"] },
        limits: { max_topic_length: 1 },
      }),
      /\/nowhere\/acl: cannot be read/,
    );
    await client.publish({ topic: "a" });
    assert.equal((await client.receivePublish()).topic, "a");
    await client.subscribe(["long/er"]);
  },
);
