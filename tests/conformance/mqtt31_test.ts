import assert from "node:assert/strict";
import { hex, join, toHex } from "../support/bytes.ts";
import { pubcomp, pubrec, pubrel } from "../support/packets.ts";
import { testRules } from "../support/rules.ts";
import { conformance } from "../support/test_broker.ts";

// MQTT 3.1 (MQIsdp): it has no numbered statements, so what is shown is where
// it differs from 3.1.1, and that it works beside the others.

const CONNECT = "10 0f 00 06 4d 51 49 73 64 70 03 02 00 00 00 01 63";

conformance("3.1: MQIsdp at level 3 gets a plain CONNACK", async (broker) => {
  const client = broker.open(3);
  await client.send(CONNECT);
  await client.expect("20 02 00 00");
  await client.expectAlive();
});

conformance("3.1: name and level must belong together", async (broker) => {
  for (
    const [protocolName, level] of [
      ["MQIsdp", 4],
      ["MQIsdp", 5],
      ["MQTT", 3],
    ] as const
  ) {
    const client = broker.open(4);
    await client.send(client.packets.connect({ protocolName, level }));
    await client.expect("20 02 00 01");
    await client.expectClosed();
  }
});

conformance(
  "3.1: a refused version gets 0x01, an empty client id 0x02",
  async (broker) => {
    const empty = broker.open(3);
    await empty.send(empty.packets.connect({ clientId: "", clean: false }));
    await empty.expect("20 02 00 02");
    await empty.expectClosed();
    const level = broker.open(3);
    await level.send(level.packets.connect({ level: 2 }));
    await level.expect("20 02 00 01");
    await level.expectClosed();
  },
);

conformance(
  "3.1: a listener without 3.1 refuses it with 0x01",
  async (broker) => {
    const client = broker.open(3);
    await client.send(CONNECT);
    await client.expect("20 02 00 01");
    await client.expectClosed();
  },
  { listener: { versions: ["3.1.1", "5.0"] } },
);

conformance("3.1: client ids above 23 bytes are taken", async (broker) => {
  const client = await broker.connect(3, "x".repeat(60));
  await client.expectAlive();
});

conformance(
  "3.1: subscribe, publish at each QoS, unsubscribe",
  async (broker) => {
    const client = await broker.connect(3);
    await client.send("82 06 00 0a 00 01 74 02");
    await client.expect("90 03 00 0a 02");
    await client.send("30 04 00 01 74 30");
    await client.expect("30 04 00 01 74 30");
    await client.send("32 06 00 01 74 00 05 31");
    const answers = (await client.receiveAll()).map((one) => toHex(one.bytes));
    assert.ok(answers.includes("40 02 00 05"));
    const one = answers.find((text) => text.startsWith("32 06"))!;
    await client.send("40 02", join(one.slice(15, 20)));
    await client.send("34 06 00 01 74 00 06 32");
    const second = await client.receiveAll();
    assert.ok(second.some((packet) => packet.type === 5));
    await client.send(pubrel(6));
    await client.expect("70 02 00 06");
    const { packetId } = second.find((packet) => packet.type === 3)!;
    await client.send(pubrec(packetId));
    await client.expectAck(6, packetId);
    await client.send(pubcomp(packetId));
    await client.send("a2 05 00 0b 00 01 74");
    await client.expect("b0 02 00 0b");
    await client.disconnect();
  },
);

conformance(
  "3.1: a forbidden filter gets 0x80 in SUBACK",
  async (broker) => {
    const client = await broker.connect(3);
    await client.send(client.packets.subscribe(1, [["secret", 1], ["t", 1]]));
    await client.expect("90 04 00 01 80 01");
  },
  {
    authorizer: testRules({ subscribe: (filter) => filter !== "secret" }),
  },
);

conformance(
  "3.1: will, clean session, session kept, as in 3.1.1",
  async (broker) => {
    const watcher = await broker.connect(3, "watcher");
    await watcher.subscribe(["w"]);
    const stay = { clientId: "s", clean: false };
    const will = { topic: "w", payload: "gone" };
    const client = await broker.connect(3, { ...stay, will });
    await client.subscribe([["t", 1]]);
    await client.drop();
    assert.equal((await watcher.receivePublish()).payload, "gone");
    await watcher.publish({ topic: "t", payload: "kept", qos: 1 });
    await watcher.expectAck(4, 1);
    const again = broker.open(3);
    await again.send(again.packets.connect(stay));
    // 3.1 knows no session present: the byte is reserved.
    await again.expect("20 02 00 00");
    assert.equal((await again.receivePublish()).payload, "kept");
  },
);

conformance(
  "3.1: messages pass between 3.1, 3.1.1 and 5.0",
  async (broker) => {
    const versions = [3, 4, 5] as const;
    const clients = [];
    for (const version of versions) {
      const client = await broker.connect(version, `v${version}`);
      await client.subscribe([["t", 1]]);
      clients.push(client);
    }
    for (const from of clients) {
      await from.publish({ topic: "t", payload: `${from.version}`, qos: 1 });
      await from.receiveAll().then((all) => {
        assert.ok(all.some((one) => one.type === 4));
        assert.ok(all.some((one) => one.payload === `${from.version}`));
      });
      for (const to of clients) {
        if (to === from) continue;
        assert.equal((await to.receivePublish()).payload, `${from.version}`);
      }
    }
  },
);

conformance(
  "bridges set 0x80 in the version, are let in and get nothing of theirs back",
  async (broker) => {
    const watcher = await broker.connect(4, "watcher");
    await watcher.subscribe(["t"]);
    for (const [version, level] of [[3, 0x83], [4, 0x84], [5, 0x85]] as const) {
      const bridge = await broker.connect(version, { clientId: "b", level });
      await bridge.subscribe([["t", 0]]);
      await bridge.publish({ topic: "t", payload: "mine" });
      assert.equal((await watcher.receivePublish()).payload, "mine");
      await bridge.expectNothing();
      await watcher.publish({ topic: "t", payload: "theirs" });
      assert.equal((await watcher.receivePublish()).payload, "theirs");
      assert.equal((await bridge.receivePublish()).payload, "theirs");
    }
  },
);

/** `bytes` with these flags set in the first byte. */
function flagged(bytes: Uint8Array, flags: number): Uint8Array {
  const copy = bytes.slice();
  copy[0] |= flags;
  return copy;
}

conformance(
  "3.1: header flags that are not used may be set",
  async (broker) => {
    for (const flags of [1, 2, 4, 8, 15]) {
      const watcher = await broker.connect(3, "watcher");
      await watcher.subscribe(["will"]);
      const client = broker.open(3);
      const { packets } = client;
      const will = { topic: "will", payload: "not said" };
      await client.send(flagged(packets.connect({ will }), flags));
      await client.expect("20 02 00 00");
      await client.send(flagged(hex("c0 00"), flags));
      await client.expect("d0 00");
      await client.subscribe([["q", 2]]);
      await watcher.publish({ topic: "q", qos: 2, id: 7 });
      await watcher.expectAck(5, 7);
      const { packetId } = await client.receivePublish();
      await client.send(flagged(pubrec(packetId), flags));
      await client.expectAck(6, packetId);
      await client.send(flagged(pubcomp(packetId), flags));
      await client.expectAlive();
      // It counts as a good-bye: no will.
      await client.send(flagged(packets.disconnect(), flags));
      await client.expectClosed();
      await watcher.expectNothing();
      await watcher.disconnect();
    }
  },
);

conformance(
  "3.1: SUBSCRIBE, UNSUBSCRIBE and PUBREL may have DUP and RETAIN, and need QoS 1",
  async (broker) => {
    for (const flags of [1, 8, 9]) {
      const client = await broker.connect(3);
      const { packets } = client;
      await client.send(flagged(packets.subscribe(1, [["t", 1]]), flags));
      await client.expect("90 03 00 01 01");
      await client.publish({ topic: "x", qos: 2, id: 2 });
      await client.expectAck(5, 2);
      await client.send(flagged(pubrel(2), flags));
      await client.expectAck(7, 2);
      await client.send(flagged(packets.unsubscribe(3, ["t"]), flags));
      await client.expect("b0 02 00 03");
      await client.disconnect();
    }
    for (const first of [0x80, 0x84, 0x86]) {
      const client = await broker.connect(3);
      const bytes = client.packets.subscribe(1, [["t", 1]]);
      bytes[0] = first;
      await client.send(bytes);
      await client.expectClosed();
    }
  },
);
