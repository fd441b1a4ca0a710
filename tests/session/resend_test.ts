import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { pubcomp, pubrec, staying } from "../support/packets.ts";
import { partsOf, rulesOf } from "../support/rules.ts";
import type { WireClient } from "../support/wire_client.ts";
import { RuledSessions } from "./ruled_sessions.ts";
import { stored } from "./stored_broker.ts";

// A message in flight that is not sent again at a reconnect. At QoS 2 the
// client may have received it: it then holds the packet id until PUBREL, and
// would take another message with that id for the one it has [MQTT-4.3.3-10].

const everything = () => rulesOf([{ topics: ["#"] }]);

/** A client that takes packets of up to 100 bytes from now on. */
const small = {
  ...staying(5),
  properties: [property.sessionExpiry(1000), property.maximumPacketSize(100)],
};

/** Sends `client` a message of 200 bytes, which it does not answer. */
async function leaveInFlight(
  client: WireClient,
  other: WireClient,
  qos: number,
): Promise<number> {
  await client.subscribe([["t", qos], "u"]);
  await other.publish({ topic: "t", payload: "x".repeat(200), qos, id: 1 });
  const { packetId } = await client.receivePublish();
  await client.drop();
  return packetId;
}

Deno.test("a QoS 2 message in flight that has become too large for its client ends with PUBREL and PUBCOMP", async () => {
  const sessions = new RuledSessions(everything());
  const other = await sessions.connect(5, { clientId: "publisher" });
  const first = await sessions.connect(5, staying(5));
  const id = await leaveInFlight(first, other, 2);
  const { queue } = sessions.registry.get("subscriber")!;
  // The client may leave before it answers.
  for (let connection = 1; connection <= 2; connection++) {
    const again = await sessions.connect(5, small);
    await again.expectAck(6, id);
    assert.equal(queue.inflight, 1, "the packet id is not free yet");
    await again.drop();
  }
  const again = await sessions.connect(5, small);
  await again.expectAck(6, id);
  await again.send(pubcomp(id, 0x92));
  await again.expectAlive();
  assert.equal(queue.inflight, 0);
  assert.equal(sessions.context.counters.dropped["packet-too-large"], 1);
  assert.equal(sessions.context.counters.queuedBytes, 0);
});

for (const version of [4, 5] as const) {
  Deno.test(`a QoS 2 message in flight that its client may not receive any more ends with PUBREL and PUBCOMP (version ${version})`, async () => {
    const rules = everything();
    const sessions = new RuledSessions(rules);
    const other = await sessions.connect(5, { clientId: "publisher" });
    const first = await sessions.connect(version, staying(version));
    const id = await leaveInFlight(first, other, 2);
    rules.replace(partsOf([{ topics: ["u"] }]));
    const again = await sessions.connect(version, staying(version));
    await again.expectAck(6, id);
    // As some clients do that had received it.
    await again.send(pubrec(id));
    await again.expectAck(6, id);
    await again.send(pubcomp(id));
    await again.expectAlive();
    const { queue } = sessions.registry.get("subscriber")!;
    assert.equal(queue.inflight, 0);
    assert.equal(sessions.context.counters.dropped["read-denied"], 1);
  });
}

Deno.test("a QoS 1 message in flight that has become too large for its client is dropped without a word, and those behind it are sent", async () => {
  const sessions = new RuledSessions(everything());
  const other = await sessions.connect(5, { clientId: "publisher" });
  const client = await sessions.connect(5, staying(5));
  await client.subscribe([["t", 1]]);
  for (const payload of ["x".repeat(200), "fits"]) {
    await other.publish({ topic: "t", payload, qos: 1, id: 1 });
    await client.receivePublish();
  }
  await client.drop();
  const again = await sessions.connect(5, small);
  assert.equal((await again.receivePublish()).payload, "fits");
  await again.expectAlive();
  const { queue } = sessions.registry.get("subscriber")!;
  assert.equal(queue.inflight, 1);
});

stored(
  "while commits fail, PUBREL for a message that is not sent again waits until the disk has it without its message",
  "durable",
  async (broker) => {
    const other = await broker.connect(5, "publisher");
    const id = await leaveInFlight(
      await broker.connect(5, staying(5)),
      other,
      2,
    );
    const [entry] = broker.store.entries;
    broker.store.onDisk.add(entry);
    broker.store.onChanged = (changed) => broker.store.onDisk.delete(changed);
    broker.store.willing = false;
    await broker.setFull(true);
    const again = await broker.connect(5, small);
    await again.expectAlive();
    broker.store.onDisk.add(entry);
    broker.store.willing = true;
    broker.store.commit();
    await broker.setFull(false);
    await again.expectAck(6, id);
  },
);
