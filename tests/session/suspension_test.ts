import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { conformance, type TestBroker } from "../support/test_broker.ts";

const HOUR = 3_600_000;

/** Connects a client whose session lasts a minute; returns whether it was there. */
async function connect(broker: TestBroker, clientId: string) {
  const { client, connack } = await broker.join(5, {
    ...{ clientId, clean: false },
    properties: [property.sessionExpiry(60)],
  });
  return { client, present: connack.sessionPresent === true };
}

conformance(
  "a suspension counts for a session detached before it, not for one detached after it",
  async (broker) => {
    const before = await connect(broker, "before");
    const after = await connect(broker, "after");
    await after.client.subscribe([["t", 1]]);
    await before.client.drop();
    // Behind this the next timer is the one that ends the session.
    await broker.advance(20_000);
    broker.clock.suspend(8 * HOUR);
    // Housekeeping has not looked at the clocks yet.
    await after.client.drop();
    const writer = await broker.connect(5, "writer");
    await writer.publish({ topic: "t", payload: "kept", qos: 1, id: 1 });
    await writer.expectAck(4, 1);
    await broker.advance(11_000);
    const { sessions } = broker.broker.state;
    assert.equal(sessions, 2, "that of `before` has expired");
    const { client, present } = await connect(broker, "after");
    assert.equal(present, true);
    assert.equal((await client.receivePublish()).payload, "kept");
  },
);
