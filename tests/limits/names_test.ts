import assert from "node:assert/strict";
import { staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { eachVersion } from "../support/test_broker.ts";

// Bounds count bytes of UTF-8: "é" is two, "鷸" is three, "🐦" is four.

for (
  const [name, fits] of [["ASCII", "x".repeat(24)], ["é", "é".repeat(12)], [
    "鷸",
    "鷸".repeat(8),
  ], ["🐦", "🐦".repeat(6)]]
) {
  eachVersion(
    `a client id may have 24 bytes and no more: ${name}`,
    async (broker, version) => {
      await broker.connect(version, fits);
      const client = broker.open(version);
      await client.send(client.packets.connect({ clientId: `${fits}x` }));
      await client.expectRefused(version === 5 ? 0x85 : 2);
    },
    { limits: { max_client_id_length: 24 } },
  );

  eachVersion(
    `a topic may have 24 bytes and no more, in PUBLISH and SUBSCRIBE: ${name}`,
    async (broker, version) => {
      const client = await broker.connect(version);
      await client.subscribe([[fits, 1]]);
      await client.publish({ topic: fits, qos: 1 });
      const types = (await client.receiveAll()).map((one) => one.type);
      assert.deepEqual(types.sort(), [3, 4]);
      await client.send(client.packets.subscribe(2, [`${fits}x`, "fine"]));
      const [refused, granted] = (await client.receive()).codes;
      assert.deepEqual([refused >= 0x80, granted], [true, 0]);
      await client.publish({ topic: `${fits}x`, qos: 1, id: 2 });
      if (version === 5) await client.expectAck(4, 2, 0x90);
      else await client.expectClosed();
    },
    { limits: { max_topic_length: 24 } },
  );
}

eachVersion(
  "a topic may have 4 levels and no more, in PUBLISH and SUBSCRIBE",
  async (broker, version) => {
    const client = await broker.connect(version);
    for (const filter of ["a/b/c/d", "a/b/c/#", "///", "+/+/+/+"]) {
      await client.subscribe([filter]);
    }
    for (const filter of ["a/b/c/d/e", "a/b/c/d/#", "////", "+/+/+/+/+"]) {
      await client.send(client.packets.subscribe(2, [filter]));
      const [code] = (await client.receive()).codes;
      assert.equal(code, version === 5 ? 0x8f : 0x80, filter);
    }
    await client.publish({ topic: "///", payload: "fits" });
    assert.equal((await client.receivePublish()).payload, "fits");
    await client.publish({ topic: "////", qos: 1, id: 2 });
    if (version === 5) await client.expectAck(4, 2, 0x90);
    else await client.expectClosed();
  },
  { limits: { max_topic_levels: 4 } },
);

eachVersion(
  "the words around a shared filter do not count as levels of the topic",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe(["$share/group/a/b/c/d"]);
    await client.publish({ topic: "a/b/c/d", payload: "fits" });
    assert.equal((await client.receivePublish()).payload, "fits");
  },
  { limits: { max_topic_levels: 4 } },
);

eachVersion(
  "a session holds 3 subscriptions and no more; it may replace one, and give one up for another",
  async (broker, version) => {
    const full = version === 5 ? 0x97 : 0x80;
    const ask = async (...filters: string[]) => {
      await client.send(client.packets.subscribe(1, filters));
      return (await client.receive()).codes;
    };
    let client = await broker.connect(version, staying(version));
    assert.deepEqual(await ask("a", "b", "$share/g/a", "d"), [0, 0, 0, full]);
    assert.deepEqual(await ask("a", "$share/g/a"), [0, 0]);
    assert.deepEqual(await ask("$share/h/a"), [full]);
    // Also behind a new connection.
    await client.disconnect();
    client = await broker.connect(version, staying(version));
    assert.deepEqual(await ask("d"), [full]);
    await client.send(client.packets.unsubscribe(2, ["b", "none"]));
    await client.receive();
    assert.deepEqual(await ask("d", "e"), [0, full]);
    // Another session has its own.
    const other = await broker.connect(version, "other");
    await other.subscribe(["a", "b", "c"]);
  },
  { limits: { max_subscriptions_per_session: 3 } },
);

for (
  const [name, topic, code5, code3] of [
    ["longer than 24 bytes", "x".repeat(25), 0x90, null],
    ["longer than 24 bytes in é", "é".repeat(13), 0x90, null],
    ["deeper than 4 levels", "a/b/c/d/e", 0x90, null],
    ["under $SYS", "$SYS/broker/uptime", 0x87, 5],
  ] as const
) {
  eachVersion(
    `a will topic ${name} is refused with the CONNECT`,
    async (broker, version) => {
      const client = broker.open(version);
      const will = { topic, payload: "x", retain: true };
      await client.send(client.packets.connect({ clientId: "c", will }));
      const code = version === 5 ? code5 : code3;
      if (code !== null) await client.expectRefused(code);
      else await client.expectClosed(); // 3.1.1 has no word for it
      const reader = await broker.connect(5, "reader");
      await reader.subscribe(["$SYS/#", "#"]);
      await reader.expectNothing();
    },
    { limits: { max_topic_length: 24, max_topic_levels: 4 } },
  );
}

eachVersion(
  "a will topic may have 24 bytes and 4 levels, and begin with $SYS where that is no level",
  async (broker, version) => {
    for (const topic of ["é".repeat(12), "a/b/c/d", "$SYSTEM/x"]) {
      const reader = await broker.connect(5, "reader");
      await reader.subscribe([topic]);
      const will = { topic, payload: "gone" };
      const client = await broker.connect(version, { clientId: "c", will });
      await client.drop();
      assert.equal((await reader.receivePublish()).payload, "gone");
    }
  },
  { limits: { max_topic_length: 24, max_topic_levels: 4 } },
);

for (const longest of [5, 23, 65535]) {
  eachVersion(
    `a client id that the broker gives is not longer than ${longest} bytes`,
    async (broker, version) => {
      const ids = new Set<unknown>();
      for (let count = 0; count < 20; count++) {
        // A 3.1.1 client is not told its id, but it is let in.
        const { connack } = await broker.join(version, "");
        if (version !== 5) continue;
        const id = propertyOf(connack, 0x12) as string;
        assert.match(id, /^[0-9a-z-]+$/);
        assert.ok(id.length <= longest, id);
        ids.add(id);
        // A client may come back with it.
        await broker.connect(5, id);
      }
      if (version === 5) assert.equal(ids.size, 20);
    },
    { limits: { max_client_id_length: longest } },
  );
}
