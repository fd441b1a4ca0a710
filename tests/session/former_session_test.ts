import assert from "node:assert/strict";
import { Unasked } from "../../src/security/mod.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { FaultyBlocks } from "../store/faulty_blocks.ts";
import { property } from "../support/bytes.ts";
import { type ConnectOptions, pubrec, staying } from "../support/packets.ts";
import { TestBroker } from "../support/test_broker.ts";
import type { WireClient } from "../support/wire_client.ts";
import { stored, type StoredBroker } from "./stored_broker.ts";

// A session that has ended is still on disk: a crash now would bring it back,
// though CONNACK has told its client that it is gone.

const MODES = ["buffered", "durable", "fault-tolerant"] as const;

const CLEAN: ConnectOptions = { ...staying(5), clean: true };

/** The session has a packet id as received, or one that a commit takes off. */
async function receives(broker: StoredBroker): Promise<WireClient> {
  const client = await broker.connect(5, staying(5));
  const [{ slot }] = broker.store.sessions;
  slot!.block = 1;
  slot!.receivedStored = new Set([7]);
  return client;
}

/** The session has a message of `qos` in flight, as the disk knows. */
async function sends(
  broker: StoredBroker,
  qos: number,
  number = 1,
): Promise<WireClient> {
  const client = await broker.connect(5, staying(5));
  await client.subscribe([["t", 2]]);
  const [{ slot }] = broker.store.sessions;
  slot!.block = 1;
  const teller = await broker.connect(5, "teller");
  await teller.publish({ topic: "t", payload: "x", qos, id: 1 });
  assert.equal((await client.receivePublish()).payload, "x");
  const [entry] = broker.store.entries;
  entry.number = number;
  broker.store.onDisk.add(entry);
  return client;
}

/** Sends a CONNECT. */
async function ask(
  broker: StoredBroker,
  options: ConnectOptions = CLEAN,
): Promise<WireClient> {
  const client = broker.open(5);
  await client.send(client.packets.connect(options));
  return client;
}

/** What has the former session do harm if it comes back. */
const HARMFUL = {
  "a packet id that it received": receives,
  "a QoS 2 message that its client may have": (broker: StoredBroker) =>
    sends(broker, 2),
  "a QoS 2 message whose PUBREC is not on disk": async (
    broker: StoredBroker,
  ) => {
    const client = await sends(broker, 2);
    broker.store.onDisk.clear();
    broker.store.willing = false;
    await client.send(pubrec(1));
    return client;
  },
};

/** What does none. */
const HARMLESS = {
  "a QoS 1 message in flight": (broker: StoredBroker) => sends(broker, 1),
  "a QoS 2 message in flight that was never written": (broker: StoredBroker) =>
    sends(broker, 2, 0),
  "a QoS 2 message whose PUBREC is on disk": async (broker: StoredBroker) => {
    const client = await sends(broker, 2);
    await client.send(pubrec(1));
    await client.expectAck(6, 1);
    return client;
  },
  "a QoS 2 message that was never sent": async (broker: StoredBroker) => {
    const client = await sends(broker, 1);
    await client.drop();
    const teller = await broker.connect(5, "teller");
    await teller.publish({ topic: "t", payload: "y", qos: 2, id: 2 });
    const entry = broker.store.entries[1];
    entry.number = 2;
    broker.store.onDisk.add(entry);
    return client;
  },
};

/** Ways for a session to end; each gives the next CONNECT. */
const ENDS: Record<
  string,
  (broker: StoredBroker, client: WireClient) => Promise<ConnectOptions>
> = {
  "by a clean start": async (_, client) => {
    await client.drop();
    return CLEAN;
  },
  "by a clean start that takes over": () => Promise.resolve(CLEAN),
  "by its time": async (broker, client) => {
    await client.drop();
    await broker.advance(1_001_000);
    return staying(5);
  },
  "by DISCONNECT": async (_, client) => {
    const properties = [property.sessionExpiry(0)];
    await client.send(client.packets.disconnect(0, properties));
    return staying(5);
  },
};

for (const mode of MODES) {
  for (const [what, begin] of Object.entries(HARMFUL)) {
    for (const [how, end] of Object.entries(ENDS)) {
      stored(
        `a client begins anew once its former session with ${what}, ended ${how}, is off the disk`,
        mode,
        async (broker) => {
          const first = await begin(broker);
          broker.store.willing = false;
          const options = await end(broker, first);
          const client = broker.open(5);
          await client.send(
            client.packets.connect(options),
            client.packets.subscribe(1, ["a"]),
          );
          await client.expectNothing();
          broker.store.willing = true;
          broker.store.commit();
          await client.expectAck(2, 0, 0);
          await client.expectAck(9, 1);
        },
      );
    }
  }

  for (const [what, begin] of Object.entries(HARMLESS)) {
    stored(
      `while commits fail, a client begins anew at once where its former session has ${what}`,
      mode,
      async (broker) => {
        const first = await begin(broker);
        await first.drop();
        broker.store.willing = false;
        await broker.setFull(true);
        const client = await ask(broker);
        await client.expectAck(2, 0, 0);
      },
    );
  }

  for (const version of [4, 5] as const) {
    stored(
      `while commits fail, a client whose former session would do harm is refused after 5 s: version ${version}`,
      mode,
      async (broker) => {
        const first = await receives(broker);
        await first.drop();
        broker.store.willing = false;
        await broker.setFull(true);
        const { waiting } = broker.store;
        for (let at = 0; at < 3; at++) {
          const client = broker.open(version);
          const { clientId } = CLEAN;
          await client.send(client.packets.connect({ clientId }));
          await broker.advance(4_999);
          await client.expectNothing();
          await broker.advance(1);
          await client.expectRefused(version === 5 ? 0x88 : 3);
        }
        assert.deepEqual(
          broker.limits,
          Array(3).fill("disk-full: the test says so"),
        );
        // The end of the former session itself.
        assert.equal(broker.store.waiting, waiting + 1);
        broker.store.willing = true;
        broker.store.commit();
        await broker.setFull(false);
        await (await ask(broker)).expectAck(2, 0, 0);
      },
    );
  }

  stored(
    "a client that was judged elsewhere waits all the same, and so do its packets",
    mode,
    async (broker) => {
      const first = await receives(broker);
      await first.drop();
      broker.store.willing = false;
      const client = broker.open(5);
      await client.send(
        client.packets.connect(CLEAN),
        client.packets.subscribe(1, ["a"]),
      );
      await client.expectNothing();
      broker.store.willing = true;
      broker.store.commit();
      await client.expectAck(2, 0, 0);
      await client.expectAck(9, 1);
    },
    {
      authenticator: {
        authenticate: ({ clientId, username }) =>
          Promise.resolve({ kind: "allow", identity: { clientId, username } }),
        begin: () => null,
        knows: () => true,
      },
    },
  );

  stored(
    "two clients that wait for the end of one session come in one after the other",
    mode,
    async (broker) => {
      const first = await receives(broker);
      await first.drop();
      broker.store.willing = false;
      const second = await ask(broker);
      const third = await ask(broker, staying(5));
      await second.expectNothing();
      broker.store.willing = true;
      broker.store.commit();
      await second.expectAck(2, 0, 0);
      await second.expectDisconnect(0x8e);
      assert.equal((await third.receive()).sessionPresent, true);
    },
  );

  let isAllowed = true;
  stored(
    "a client that is not authorized any more when its wait is over stays out",
    mode,
    async (broker) => {
      const first = await receives(broker);
      await first.drop();
      broker.store.willing = false;
      const client = await ask(broker);
      isAllowed = false;
      broker.store.commit();
      await client.expectRefused(0x87);
    },
    {
      authenticator: Object.assign(new Unasked(() => true), {
        stillAllows: () => isAllowed,
      }),
    },
  );

  stored(
    "a client whose connect timeout ends its wait does not come in behind that",
    mode,
    async (broker) => {
      const first = await receives(broker);
      await first.drop();
      broker.store.willing = false;
      const client = broker.open(5);
      await broker.advance(6_000);
      await client.send(client.packets.connect(CLEAN));
      const { waiting } = broker.store;
      await broker.advance(4_000);
      await client.expectClosed();
      assert.equal(broker.store.waiting, waiting - 1);
      broker.store.willing = true;
      broker.store.commit();
      await broker.advance(1_000);
      assert.equal(broker.counters.clientsConnected, 0);
    },
  );

  stored(
    "a client that leaves while it waits leaves nothing behind",
    mode,
    async (broker) => {
      const first = await receives(broker);
      await first.drop();
      broker.store.willing = false;
      const client = await ask(broker);
      const { waiting } = broker.store;
      await client.drop();
      await broker.advance(5_000);
      assert.equal(broker.store.waiting, waiting - 1);
      assert.equal(broker.counters.clientsConnected, 0);
    },
  );
}

Deno.test("in buffered, the end of a former session that would do harm is written at once", async () => {
  const blocks = new FaultyBlocks();
  const options = { mode: "buffered", flushInterval: 200 } as const;
  const broker = new TestBroker({
    listener: { port: 0 },
    storage: { mode: "buffered", path: "/nowhere/store.kv" },
    storeOpener: {
      nextDoubt: () => null,
      openStore: (_, clock) =>
        Promise.resolve(new LogStore(blocks, clock, options)),
    },
  });
  await broker.broker.start();
  const first = await broker.connect(5, staying(5));
  await first.publish({ topic: "t", qos: 2, id: 7 });
  await first.expectAck(5, 7);
  await broker.advance(200);
  await first.drop();
  const second = await broker.connect(5, CLEAN);
  await second.expectAlive();
  await broker.stop();
});
