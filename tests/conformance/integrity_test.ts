import assert from "node:assert/strict";
import { join, property } from "../support/bytes.ts";
import {
  Packets,
  puback,
  pubcomp,
  pubrec,
  staying,
} from "../support/packets.ts";
import { propertiesOf } from "../support/read_packet.ts";
import { settle } from "../support/settle.ts";
import { eachVersion } from "../support/test_broker.ts";

// The broker passes on views of its read buffer, which it then uses again:
// whatever it keeps beyond the turn must be a copy. Each payload here is
// unlike the others, so that bytes of another message cannot go unseen.

/** `size` characters that no other `mark` has at the same places. */
function text(mark: number, size: number): string {
  return `<${mark}>`.repeat(Math.ceil(size / 3)).slice(0, size);
}

const SIZES = [
  0,
  1,
  10,
  63,
  64,
  65,
  130,
  1000,
  16_000,
  20_000,
  70_000,
  5,
  300_000,
];

eachVersion(
  "messages of all sizes in one go reach receivers of every version whole and in order",
  async (broker, version) => {
    const receivers = [];
    for (const to of [4, 5] as const) {
      for (const qos of [0, 2]) {
        const client = await broker.connect(to, `v${to}q${qos}`);
        await client.subscribe([["t/#", qos]]);
        receivers.push(client);
      }
    }
    const other = await broker.connect(version, "publisher");
    const sent: [string, string][] = [];
    const frames: Uint8Array[] = [];
    for (let round = 0; round < 3; round++) {
      for (const size of SIZES) {
        const mark = sent.length;
        const payload = text(mark, size);
        sent.push([`t/${mark % 5}`, payload]);
        frames.push(other.packets.publish({
          topic: `t/${mark % 5}`,
          payload,
          qos: mark % 3,
          id: mark + 1,
        }));
      }
    }
    await other.send(join(...frames));
    for (const client of receivers) {
      const all = await client.receiveAll();
      assert.equal(all.length, sent.length);
      for (const [at, one] of all.entries()) {
        assert.equal(one.topic, sent[at][0]);
        assert.ok(one.payload === sent[at][1], `message ${at} is not its own`);
      }
    }
  },
);

eachVersion(
  "what is kept for later is not touched by what comes after",
  async (broker, version) => {
    const away = await broker.connect(version, staying(version));
    await away.subscribe([["kept/#", 1], ["flight/#", 1]]);
    const other = await broker.connect(version, "publisher");
    const publish = (topic: string, mark: number, qos = 1, retain = false) =>
      other.send(other.packets.publish({
        topic,
        payload: text(mark, 200),
        qos,
        id: 1,
        retain,
        properties: version === 5 ? [property.user("mark", `${mark}`)] : [],
      }));
    await publish("flight/1", 1);
    await away.receivePublish();
    await away.drop();
    await publish("kept/2", 2);
    await publish("retained/3", 3, 0, true);
    // Enough to use every read buffer again, several times over.
    for (let mark = 10; mark < 60; mark++) {
      await other.send(other.packets.publish({
        topic: `noise/${mark}`,
        payload: text(mark, 5000),
      }));
    }
    const again = await broker.connect(version, staying(version));
    await again.send(again.packets.subscribe(7, ["retained/#"]));
    const got = (await again.receiveAll()).filter((one) => one.type === 3);
    const topics = ["flight/1", "kept/2", "retained/3"];
    assert.deepEqual(got.map((one) => one.topic), topics);
    for (const [at, one] of got.entries()) {
      assert.equal(one.payload, text(at + 1, 200));
      if (version === 4) continue;
      assert.deepEqual(propertiesOf(one, 0x26), [["mark", `${at + 1}`]]);
    }
  },
);

eachVersion(
  "a will is not touched by what its connection reads after",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["will"]);
    const payload = text(1, 900);
    const client = broker.open(version);
    await client.send(
      client.packets.connect({ will: { topic: "will", payload } }),
      client.packets.publish({ topic: "noise", payload: text(2, 60_000) }),
      client.packets.publish({ topic: "noise", payload: text(3, 60_000) }),
    );
    await client.drop();
    assert.equal((await watcher.receivePublish()).payload, payload);
  },
);

eachVersion(
  "a receiver that reads late gets its messages whole and in order",
  async (broker, version) => {
    const slow = broker.open(version, false);
    await slow.send(slow.packets.connect({ clientId: "slow" }));
    await slow.send(slow.packets.subscribe(1, [["t", 1]]));
    const other = await broker.connect(version, "publisher");
    const sent: string[] = [];
    for (let mark = 1; mark <= 120; mark++) {
      const payload = text(mark, SIZES[mark % 10]);
      sent.push(payload);
      await other.publish({ topic: "t", payload, qos: mark % 2, id: mark });
    }
    slow.reading = true;
    const got = (await slow.receiveAll()).filter((one) => one.type === 3);
    const payloads = got.map((one) => one.payload);
    assert.equal(payloads.length, sent.length);
    assert.ok(payloads.every((one, at) => one === sent[at]));
  },
);

eachVersion(
  "QoS 1 beyond the bound of waiting bytes waits, and is not lost",
  async (broker, version) => {
    const slow = broker.open(version, false);
    await slow.send(slow.packets.connect({ clientId: "slow" }));
    await slow.send(slow.packets.subscribe(1, [["t", 1]]));
    const other = await broker.connect(version, "publisher");
    for (let mark = 1; mark <= 60; mark++) {
      const payload = `${mark}`.padEnd(30_000, ".");
      await other.publish({ topic: "t", payload, qos: 1, id: mark });
      await other.expectAck(4, mark);
    }
    slow.reading = true;
    const got: number[] = [];
    for (;;) {
      const all = (await slow.receiveAll()).filter((one) => one.type === 3);
      if (all.length === 0) break;
      got.push(...all.map((one) => parseInt(one.payload)));
      await slow.send(...all.map((one) => puback(one.packetId)));
    }
    assert.deepEqual(got, Array.from({ length: 60 }, (_, at) => at + 1));
  },
  { limits: { max_outbound: 200_000 } },
);

eachVersion(
  "packet ids come round after 65,535 without meeting one in use",
  async (broker, version) => {
    const client = await broker.connect(version, "subscriber");
    await client.subscribe([["t", 2]]);
    const other = await broker.connect(version, "publisher");
    await other.publish({ topic: "t", payload: "held", qos: 1 });
    const held = await client.receivePublish();
    const packets = new Packets(version);
    const batch = join(
      ...Array.from(
        { length: 900 },
        (_, at) => packets.publish({ topic: "t", qos: 1, id: at + 1 }),
      ),
    );
    let seen = 0;
    let highest = 0;
    while (seen < 66_000) {
      await other.send(batch);
      await other.receiveAll();
      const ids = (await client.receiveAll()).map((one) => one.packetId);
      assert.equal(ids.length, 900);
      assert.equal(new Set(ids).size, 900);
      assert.ok(!ids.includes(0) && !ids.includes(held.packetId));
      highest = Math.max(highest, ...ids);
      seen += ids.length;
      await client.send(...ids.map((id) => puback(id)));
    }
    assert.ok(highest <= 65_535);
    await client.expectNothing();
  },
);

eachVersion(
  "mixed QoS through a small window ends with nothing left over",
  async (broker, version) => {
    const client = await broker.connect(version, staying(version));
    await client.subscribe([["t/#", 2]]);
    const other = await broker.connect(version, "publisher");
    const frames = Array.from({ length: 90 }, (_, at) =>
      other.packets.publish({
        topic: `t/${at % 2}`,
        payload: `${at}`,
        qos: at % 3,
        id: at + 1,
      }));
    await other.send(...frames);
    const got: string[] = [];
    for (;;) {
      const all = await client.receiveAll();
      if (all.length === 0) break;
      for (const one of all) {
        if (one.type === 3) got.push(one.payload);
        if (one.type === 3 && one.qos === 1) client.post(puback(one.packetId));
        if (one.type === 3 && one.qos === 2) client.post(pubrec(one.packetId));
        if (one.type === 6) client.post(pubcomp(one.packetId));
      }
      await settle();
    }
    assert.equal(new Set(got).size, 90);
    assert.equal(got.length, 90);
    await client.drop();
    const again = await broker.connect(version, staying(version));
    await again.expectNothing();
  },
  { limits: { max_inflight: 3 } },
);
