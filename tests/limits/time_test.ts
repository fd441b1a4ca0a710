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
  "DISCONNECT cannot have a session last that CONNECT has end with its connection: the will goes out",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["will"]);
    const client = await broker.connect(5, {
      clientId: "c",
      will: { topic: "will", payload: "gone" },
    });
    const parts = [property.sessionExpiry(50)];
    await client.send(client.packets.disconnect(0, parts));
    await client.expectDisconnect(0x82);
    assert.equal((await watcher.receivePublish()).payload, "gone");
    const { connack } = await broker.join(5, staying(5, "c"));
    assert.equal(connack.sessionPresent, false);
  },
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

for (
  const [expiry_v3, max_expiry] of [[20, 60], [60, 20], [20, NEVER]] as const
) {
  conformance(
    `a 3.1.1 session is kept for 20 s by expiry_v3 ${expiry_v3} and max_expiry ${max_expiry}`,
    async (broker) => {
      const rounds = [[false, 19_999], [true, 20_100]] as const;
      for (const [present, wait] of rounds) {
        const { client, connack } = await broker.join(4, staying(4));
        assert.equal(connack.sessionPresent, present);
        await client.drop();
        await broker.advance(wait);
      }
      const { connack } = await broker.join(4, staying(4));
      assert.equal(connack.sessionPresent, false);
    },
    { session: { expiry_v3, max_expiry } },
  );
}

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

for (const version of [3, 4] as const) {
  for (const [asked, kept] of [[60, 20], [0, 20], [10, 10]] as const) {
    conformance(
      `version ${version}: a keep alive of ${asked} s under a max_keep_alive of 20 s ends after ${kept} s times 1.5`,
      async (broker) => {
        const client = await broker.connect(version, { keepAlive: asked });
        await broker.advance(kept * 1000);
        await client.expectAlive();
        await broker.advance(kept * 1500 - 1);
        await client.expectNothing();
        await broker.advance(101);
        await client.expectClosed();
      },
      { session: { max_keep_alive: 20 } },
    );
  }
}

eachVersion(
  "a large packet may take longer than the keep alive as long as it comes",
  async (broker, version) => {
    const watcher = await broker.connect(4, "watcher");
    await watcher.subscribe(["t"]);
    const client = await broker.connect(version, { keepAlive: 2 });
    const payload = "x".repeat(400_000);
    const bytes = client.packets.publish({ topic: "t", payload });
    // The second one counts from its own beginning.
    for (let packet = 0; packet < 2; packet++) {
      for (let at = 0; at < bytes.length; at += 100_000) {
        await client.send(bytes.subarray(at, at + 100_000));
        await broker.advance(2900);
      }
      assert.equal((await watcher.receivePublish()).payload, payload);
    }
    await broker.advance(200);
    await client.expectDisconnect(0x8d);
  },
);

eachVersion(
  "a packet that trickles does not keep a connection alive",
  async (broker, version) => {
    for (const begun of [1, 20_000]) {
      const client = await broker.connect(version, { keepAlive: 2 });
      const payload = "x".repeat(400_000);
      const bytes = client.packets.publish({ topic: "t", payload });
      await client.send(bytes.subarray(0, begun));
      let at = begun;
      for (; at < begun + 3; at++) {
        await broker.advance(990);
        assert.equal(client.closed, false, `after ${at} bytes`);
        await client.send(bytes.subarray(at, at + 1));
      }
      await broker.advance(131);
      await client.expectDisconnect(0x8d);
    }
  },
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
