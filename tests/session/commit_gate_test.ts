import assert from "node:assert/strict";
import { join, property } from "../support/bytes.ts";
import { pingreq, pubrec, pubrel, staying } from "../support/packets.ts";
import { settle } from "../support/settle.ts";
import type { WireClient } from "../support/wire_client.ts";
import { stored, type StoredBroker } from "./stored_broker.ts";

/** A packet that the client sends, and the type of what has to wait for it. */
interface Step {
  readonly name: string;
  readonly type: number;
  /** Brings it about that `trigger` makes the broker say it. */
  readonly before?: (client: WireClient) => Promise<void>;
  readonly trigger: (client: WireClient) => Uint8Array;
}

const STEPS: readonly Step[] = [
  {
    name: "PUBACK",
    type: 4,
    trigger: ({ packets }) => packets.publish({ topic: "t", qos: 1, id: 5 }),
  },
  {
    name: "PUBREC",
    type: 5,
    trigger: ({ packets }) => packets.publish({ topic: "t", qos: 2, id: 5 }),
  },
  {
    name: "PUBCOMP",
    type: 7,
    before: async (client) => {
      await client.publish({ topic: "t", qos: 2, id: 5 });
      await client.expectAck(5, 5);
    },
    trigger: () => pubrel(5),
  },
  {
    name: "SUBACK",
    type: 9,
    trigger: ({ packets }) => packets.subscribe(5, [["other", 1]]),
  },
  {
    name: "UNSUBACK",
    type: 11,
    before: (client) => client.subscribe(["other"]),
    trigger: ({ packets }) => packets.unsubscribe(5, ["other"]),
  },
  {
    name: "PUBLISH of QoS 2",
    type: 3,
    before: (client) => client.subscribe([["self", 2]]),
    trigger: ({ packets }) => packets.publish({ topic: "self", qos: 2, id: 5 }),
  },
  {
    name: "PUBREL",
    type: 6,
    before: async (client) => {
      await client.subscribe([["self", 2]]);
      await client.publish({ topic: "self", qos: 2, id: 5 });
      const types = (await client.receiveAll()).map((one) => one.type);
      assert.deepEqual(types.sort(), [3, 5]);
    },
    // The first packet id on a connection; `before` looked at no other.
    trigger: () => pubrec(1),
  },
];

async function typesOf(client: WireClient): Promise<number[]> {
  return (await client.receiveAll()).map((one) => one.type);
}

async function prepare(
  broker: StoredBroker,
  version: 4 | 5,
  step: Step,
): Promise<WireClient> {
  const client = await broker.connect(version, staying(version));
  await step.before?.(client);
  broker.store.willing = false;
  return client;
}

for (const mode of ["durable", "fault-tolerant"] as const) {
  for (const version of [4, 5] as const) {
    for (const step of STEPS) {
      stored(
        `${step.name} does not leave before its commit, what was said before it does: version ${version}`,
        mode,
        async (broker) => {
          const client = await prepare(broker, version, step);
          await client.send(
            join(pingreq(), step.trigger(client), pingreq()),
          );
          assert.deepEqual(await typesOf(client), [13]);
          await broker.advance(10_000);
          assert.deepEqual(await typesOf(client), [], "time is no commit");
          broker.store.commit();
          const rest = await typesOf(client);
          assert.ok(rest.includes(step.type), `only ${rest} came`);
          assert.equal(rest.at(-1), 13);
        },
      );
    }

    stored(
      `CONNACK of a stored session waits for its commit, of another it does not: version ${version}`,
      mode,
      async (broker) => {
        broker.store.willing = false;
        const lasting = broker.open(version);
        await lasting.send(lasting.packets.connect(staying(version)));
        await lasting.expectNothing();
        await broker.connect(version, "passing");
        broker.store.commit();
        await lasting.expectAck(2, 0, 0);
      },
    );
  }

  stored(
    "CONNACK of a clean start waits until the session before is off the disk, though the new one is not stored",
    mode,
    async (broker) => {
      const first = await broker.connect(5, staying(5));
      const [{ slot }] = broker.store.sessions;
      slot!.block = 1;
      await first.drop();
      broker.store.willing = false;
      const client = broker.open(4);
      const { clientId } = staying(5);
      await client.send(client.packets.connect({ clientId }));
      await client.expectNothing();
      broker.store.commit();
      await client.expectAck(2, 0, 0);
    },
  );

  stored(
    "the commit of a batch before is none of those behind it",
    mode,
    async (broker) => {
      const client = await broker.connect(5, staying(5));
      broker.store.willing = false;
      await client.publish({ topic: "t", qos: 1, id: 1 });
      const first = broker.store.begin();
      await client.publish({ topic: "t", qos: 1, id: 2 });
      await client.expectNothing();
      broker.store.finish(first);
      await client.expectAck(4, 1);
      await client.expectNothing();
      broker.store.commit();
      await client.expectAck(4, 2);
    },
  );

  stored(
    "QoS 0 waits for no commit where nothing before it does",
    mode,
    async (broker) => {
      const reader = await broker.connect(5, staying(5, "reader"));
      await reader.subscribe(["t"]);
      const waiting = await broker.connect(4, staying(4, "waiting"));
      await waiting.subscribe(["t"]);
      const other = await broker.connect(5, "publisher");
      broker.store.willing = false;
      await waiting.publish({ topic: "other", qos: 1 });
      await other.send(
        other.packets.publish({ topic: "other", qos: 2, id: 1 }),
        other.packets.publish({ topic: "t", payload: "at once" }),
      );
      assert.equal((await reader.receivePublish()).payload, "at once");
      await waiting.expectNothing(); // It stands behind a PUBACK.
      await other.expectNothing();
      broker.store.commit();
      await waiting.expectAck(4, 1);
      assert.equal((await waiting.receivePublish()).payload, "at once");
      await other.expectAck(5, 1);
    },
  );

  stored(
    "a refusal has nothing to wait for: 0x97, 0x87 and 0x90 leave at once",
    mode,
    async (broker) => {
      const away = await broker.connect(5, staying(5, "hoarder"));
      await away.subscribe([["t", 1]]);
      await away.drop();
      const client = await broker.connect(5, staying(5, "publisher"));
      const fill = { topic: "t", payload: "x".repeat(2000), qos: 1 };
      await client.publish({ ...fill, id: 1 });
      await client.expectAck(4, 1, 0);
      broker.store.willing = false;
      for (const qos of [1, 2]) {
        const topics = [["t", 0x97], ["$SYS/forged", 0x87], ["a/b/c", 0x90]];
        for (const [topic, code] of topics as [string, number][]) {
          await client.publish({ topic, qos, id: 2 });
          await client.expectAck(qos === 1 ? 4 : 5, 2, code);
        }
      }
    },
    { limits: { max_queued_memory: 1024, max_topic_levels: 2 } },
  );
}

stored(
  "where nothing is promised nothing waits",
  "buffered",
  async (broker) => {
    broker.store.willing = false;
    const properties = [property.sessionExpiry(100)];
    const client = await broker.connect(5, { clientId: "c", properties });
    await client.subscribe([["self", 2]]);
    await client.publish({ topic: "self", qos: 2 });
    await settle();
    assert.deepEqual((await typesOf(client)).sort(), [3, 5]);
  },
);

for (const version of [4, 5] as const) {
  stored(
    `PUBCOMP for an id that is on disk waits until it is there no more, and holds up nothing: version ${version}`,
    "buffered",
    async (broker) => {
      const client = await broker.connect(version, staying(version));
      for (const id of [8, 9]) {
        await client.publish({ topic: "t", qos: 2, id });
        await client.expectAck(5, id);
      }
      const [{ slot }] = broker.store.sessions;
      slot!.receivedStored = new Set([9]);
      broker.store.willing = false;
      await client.send(join(pubrel(8), pubrel(9), pingreq()));
      await client.expectAck(7, 8);
      assert.deepEqual(await typesOf(client), [13]);
      broker.store.commit();
      await client.expectAck(7, 9);
    },
  );

  stored(
    `PUBCOMP that waited is not said on another connection: version ${version}`,
    "buffered",
    async (broker) => {
      const client = await broker.connect(version, staying(version));
      await client.publish({ topic: "t", qos: 2, id: 9 });
      const [{ slot }] = broker.store.sessions;
      slot!.receivedStored = new Set([9]);
      broker.store.willing = false;
      await client.send(pubrel(9));
      await client.drop();
      const again = await broker.connect(version, staying(version));
      broker.store.commit();
      await again.expectNothing();
      // It asks again, and its id is not known any more.
      slot!.receivedStored = null;
      await again.send(pubrel(9));
      await again.expectAck(7, 9, version === 5 ? 0x92 : undefined);
    },
  );
}
