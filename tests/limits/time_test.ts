import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { puback, staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

const NEVER = 0xffff_ffff;

for (
  const [asked, cap, told, kept] of [
    [100, 30, 30, 30],
    [30, 30, undefined, 30],
    [NEVER, 30, 30, 30],
    [20, 30, undefined, 20],
    [100, 0, 0, 0],
  ] as const
) {
  conformance(
    `of ${asked} s a max_expiry of ${cap} s leaves ${kept}, and CONNACK says ${
      told ?? "nothing"
    }`,
    async (broker) => {
      const options = {
        clientId: "c",
        clean: false,
        properties: [property.sessionExpiry(asked)],
      };
      // A moment before the end it is there, at the next tick it is not.
      const rounds = [[false, -1], [kept > 0, 100], [false, 0]] as const;
      for (const [present, more] of rounds) {
        const { client, connack } = await broker.join(5, options);
        assert.equal(propertyOf(connack, 0x11), told);
        assert.equal(connack.sessionPresent, present);
        await client.drop();
        await broker.advance(Math.max(0, kept * 1000 + more));
      }
    },
    { session: { max_expiry: cap } },
  );
}

conformance(
  "max_expiry holds for an expiry that DISCONNECT sets, too",
  async (broker) => {
    const client = await broker.connect(5, staying(5, "c"));
    await client.disconnect(0, [property.sessionExpiry(5000)]);
    await broker.advance(60_000 + 100);
    const { connack } = await broker.join(5, staying(5, "c"));
    assert.equal(connack.sessionPresent, false);
  },
  { session: { max_expiry: 60 } },
);

conformance(
  "a session that never expires is there after a long time",
  async (broker) => {
    const forever = {
      clientId: "c",
      clean: false,
      properties: [property.sessionExpiry(NEVER)],
    };
    const client = await broker.connect(5, forever);
    await client.drop();
    await broker.advance(3 * 24 * 3_600_000);
    const { connack } = await broker.join(5, forever);
    assert.equal(connack.sessionPresent, true);
  },
);

conformance(
  "expiry_v3 keeps a 3.1.1 session to the second, and max_expiry does not touch it",
  async (broker) => {
    for (const [present, wait] of [[false, 19_999], [true, 20_100]] as const) {
      const { client, connack } = await broker.join(4, staying(4));
      assert.equal(connack.sessionPresent, present);
      await client.drop();
      await broker.advance(wait);
    }
    const { connack } = await broker.join(4, staying(4));
    assert.equal(connack.sessionPresent, false);
  },
  { session: { expiry_v3: 20, max_expiry: 5 } },
);

for (
  const [asked, cap, told] of [
    [60, 20, 20],
    [0, 20, 20],
    [20, 20, undefined],
    [10, 20, undefined],
    [60, 0, undefined],
  ] as const
) {
  conformance(
    `a keep alive of ${asked} s under a max_keep_alive of ${cap} s: CONNACK says ${
      told ?? "nothing"
    }, and that is kept to`,
    async (broker) => {
      const { client, connack } = await broker.join(5, { keepAlive: asked });
      assert.equal(propertyOf(connack, 0x13), told);
      const patience = (told ?? asked) * 1500;
      await broker.advance(patience - 1);
      await client.expectNothing();
      await broker.advance(101);
      await client.expectDisconnect(0x8d);
    },
    { session: { max_keep_alive: cap } },
  );
}

conformance(
  "3.1.1 cannot be told of a keep alive: the client's own holds",
  async (broker) => {
    const client = await broker.connect(4, { keepAlive: 60 });
    await broker.advance(89_999);
    await client.expectNothing();
    await broker.advance(101);
    await client.expectClosed();
  },
  { session: { max_keep_alive: 20 } },
);

conformance(
  "a will's expiry counts from when it is published, however long nothing has happened",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["w"]);
    const client = await broker.connect(5, {
      clientId: "c",
      clean: false,
      properties: [property.sessionExpiry(1000)],
      will: {
        topic: "w",
        payload: "gone",
        properties: [property.willDelay(300), property.messageExpiry(10)],
      },
    });
    await client.drop();
    await broker.advance(300_100);
    const will = await watcher.receivePublish();
    assert.equal(propertyOf(will, 0x02), 10);
  },
);

eachVersion(
  "what expires while its receiver reads nothing does not go out when it reads again",
  async (broker, version) => {
    const deaf = broker.open(version, false);
    await deaf.send(deaf.packets.connect({ clientId: "deaf" }));
    await deaf.send(deaf.packets.subscribe(1, [["t", 1]]));
    const other = await broker.connect(5, "publisher");
    for (let id = 1; id <= 30; id++) {
      await other.publish({
        topic: "t",
        payload: `${id}`.padEnd(100_000, "."),
        qos: 1,
        id,
        properties: id > 20 ? [property.messageExpiry(60)] : [],
      });
      await other.expectAck(4, id);
    }
    await broker.advance(61_000);
    deaf.reading = true;
    const got: number[] = [];
    for (let round = 0; round < 60; round++) {
      for (const { type, payload, packetId } of await deaf.receiveAll()) {
        if (type !== 3) continue;
        got.push(parseInt(payload));
        deaf.post(puback(packetId));
      }
    }
    assert.deepEqual(got, Array.from({ length: 20 }, (_, at) => at + 1));
  },
);
