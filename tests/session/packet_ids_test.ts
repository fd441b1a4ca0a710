import assert from "node:assert/strict";
import { Message, Topic } from "../../src/mqtt/mod.ts";
import { IdReserve } from "../../src/session/session/id_reserve.ts";
import { InflightWindow } from "../../src/session/session/inflight_window.ts";
import type { Session } from "../../src/session/mod.ts";
import { Outgoing } from "../../src/session/core/outgoing.ts";
import type { StoredPacketIds } from "../../src/store/mod.ts";
import { property } from "../support/bytes.ts";
import { deliveryAt } from "../support/deliveries.ts";
import { settle } from "../support/settle.ts";
import { pubcomp, pubrec, staying } from "../support/packets.ts";
import type { WireClient } from "../support/wire_client.ts";
import { StubStore } from "./stub_store.ts";
import { stored, type StoredBroker } from "./stored_broker.ts";

/** The packet ids of PUBLISHes that came to `client` by now. */
async function publishIds(client: WireClient): Promise<number[]> {
  await settle();
  return (await client.receiveAll()).filter((one) => one.type === 3)
    .map((one) => one.packetId);
}

/** A client subscribed at QoS 2, and one that publishes. */
async function both(broker: StoredBroker) {
  const reader = await broker.connect(5, staying(5));
  await reader.subscribe([["t", 2]]);
  const writer = await broker.connect(5, "writer");
  return { reader, writer };
}

stored(
  "a session that is on disk gets its first QoS 2 message when ids are reserved there",
  "buffered",
  async (broker) => {
    const { reader, writer } = await both(broker);
    const [session] = broker.store.sessions;
    session.slot!.block = 1;
    broker.store.willing = false;
    await writer.publish({ topic: "t", qos: 1 });
    assert.equal((await publishIds(reader)).length, 1, "QoS 1 waited");
    await writer.publish({ topic: "t", qos: 2, id: 1 });
    await writer.publish({ topic: "t", qos: 2, id: 2 });
    assert.deepEqual(await publishIds(reader), []);
    assert.ok(session.packetIds!.reserved >= 60);
    broker.store.commit();
    assert.deepEqual((await publishIds(reader)).length, 2);
  },
);

stored(
  "a session begun where one of its client ended waits, too, until the disk knows of that end",
  "buffered",
  async (broker) => {
    const { reader, writer } = await both(broker);
    broker.store.willing = false;
    const [session] = broker.store.sessions;
    session.slot!.block = 1;
    await reader.drop();
    const properties = [property.sessionExpiry(100)];
    const clientId = "subscriber";
    const heir = await broker.connect(5, {
      ...{ clientId, properties, clean: true },
    });
    await heir.subscribe([["t", 2]]);
    await writer.publish({ topic: "t", qos: 2, id: 1 });
    assert.deepEqual(await publishIds(heir), []);
    broker.store.commit();
    assert.equal((await publishIds(heir)).length, 1);
  },
);

stored(
  "of 65,100 QoS 2 messages that a client never acknowledges 65,000 are in flight, also when it leaves and the broker stops",
  "buffered",
  async (broker) => {
    const { reader } = await both(broker);
    const writer = await broker.connect(4, "older");
    const [session] = [...broker.store.sessions] as Session[];
    for (let id = 1; id <= 65_100;) {
      const sent: Uint8Array[] = [];
      for (; id <= 65_100 && sent.length < 8000; id++) {
        sent.push(writer.packets.publish({ topic: "t", qos: 2, id }));
      }
      await writer.send(...sent);
    }
    const { queue } = session;
    assert.deepEqual([queue.inflight, queue.waiting], [65_000, 100]);
    // Each of them writes the session, and with it the next packet id.
    await reader.drop();
    assert.ok(session.packetIds!.next > 0);
    session.brokerStops();
    assert.equal(session.packetIds!.reserved, 0);
  },
  { limits: { max_inflight: 65535 } },
);

Deno.test("ids in flight that no store knows of are told in time proportional to their number", () => {
  const window = new InflightWindow();
  const topic = new Topic("t", new Uint8Array(1));
  const message = new Message(topic, new Uint8Array(0), 0, 0);
  message.volatile = true;
  const entries = Array.from({ length: 30_000 }, () => {
    const entry = new Outgoing(message, 2, false, deliveryAt(2));
    window.add(entry);
    return entry;
  });
  // Every second one is acknowledged, so that no two ids stand together.
  for (const entry of entries) {
    if (entry.packetId % 2 === 0) window.remove(entry);
  }
  const owner = { noted() {}, granted() {} };
  const reserve = new IdReserve(window, new StubStore("buffered"), owner, null);
  let summed = 0;
  const { reduce } = Array.prototype;
  // deno-lint-ignore no-explicit-any
  Array.prototype.reduce = function (...all: any) {
    summed += this.length;
    return reduce.apply(this, all);
  };
  try {
    const { barred } = reserve.stored;
    assert.equal(barred.length, 15_000);
    assert.deepEqual(barred.slice(0, 2), [
      { first: 1, count: 1 },
      { first: 3, count: 1 },
    ]);
  } finally {
    Array.prototype.reduce = reduce;
  }
  assert.ok(summed < 100_000, `${summed} ranges were summed`);
});

/** A session whose ids were stored like this. */
function restored(packetIds: StoredPacketIds) {
  return {
    restore: (into: Parameters<StoredBroker["store"]["restore"]>[0]) => {
      into.session({
        ...{ clientId: "subscriber", expiryInterval: 1000 },
        ...{ detachedAt: 0, username: null, bridge: false, will: null },
        ...{ received: [], packetIds },
      });
    },
  };
}

stored(
  "after a crash ids go on behind all that may have been given, and around those barred",
  "buffered",
  async (broker) => {
    const reader = await broker.connect(5, staying(5));
    const released = (await reader.receiveAll()).map((one) => one.packetId);
    assert.equal(released.length, 545, "PUBREL for each");
    await reader.subscribe([["t", 2]]);
    const writer = await broker.connect(5, "writer");
    for (const id of [1, 2, 3]) {
      await writer.publish({ topic: "t", qos: 2, id });
    }
    assert.deepEqual(await publishIds(reader), [65535, 11, 12]);
    const [session] = broker.store.sessions;
    assert.deepEqual(session.packetIds!.barred, [
      { first: 1, count: 10 },
      { first: 65000, count: 535 },
    ]);
    // From the last PUBCOMP on none of them is left out.
    await reader.send(...released.map((id) => pubcomp(id)));
    assert.deepEqual(session.packetIds!.barred, []);
    await reader.expectAlive();
  },
  restored({ next: 65000, reserved: 535, barred: [{ first: 1, count: 10 }] }),
);

stored(
  "PUBCOMP ends the message in flight also where a crash made its packet id unknown and its client did not answer PUBREL",
  "buffered",
  async (broker) => {
    const reader = await broker.connect(5, staying(5));
    await reader.expectAck(6, 33_000);
    await reader.subscribe([["t", 2]]);
    // With more than 32,767 messages in flight no packet id is left out.
    const writer = await broker.connect(4, "writer");
    for (let id = 1; id <= 33_000;) {
      const sent: Uint8Array[] = [];
      for (; id <= 33_000 && sent.length < 8000; id++) {
        sent.push(writer.packets.publish({ topic: "t", qos: 2, id }));
      }
      await writer.send(...sent);
    }
    const [session] = [...broker.store.sessions] as Session[];
    assert.equal(session.queue.find(33_000)?.qos, 2);
    await publishIds(reader);
    await reader.send(pubrec(33_000));
    await reader.expectAck(6, 33_000);
    await reader.send(pubcomp(33_000));
    await settle();
    assert.equal(session.queue.inflight, 32_999);
    assert.deepEqual(session.packetIds!.barred, []);
    // A client that answers both is right, too.
    await reader.send(pubcomp(33_000));
    await reader.expectAlive();
  },
  {
    limits: { max_inflight: 65535 },
    ...restored({
      ...{ next: 1, reserved: 0, barred: [{ first: 33_000, count: 1 }] },
    }),
  },
);

stored(
  "PUBCOMP for a QoS 2 message in flight whose PUBREC has not come ends the connection",
  "buffered",
  async (broker) => {
    const { reader, writer } = await both(broker);
    await writer.publish({ topic: "t", qos: 2, id: 1 });
    broker.store.commit();
    const [id] = await publishIds(reader);
    await reader.send(pubcomp(id));
    await reader.expectDisconnect(0x82);
  },
);
