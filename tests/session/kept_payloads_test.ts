import assert from "node:assert/strict";
import type { RemoteAccess } from "../../src/security/access/mod.ts";
import { puback, staying, type Version } from "../support/packets.ts";
import { rulesOf } from "../support/rules.ts";
import { openSeal, sealPayload } from "../support/sealed_payload.ts";
import { conformance, TestBroker } from "../support/test_broker.ts";
import type { WireClient } from "../support/wire_client.ts";

// Payloads are views into a buffer that is read into again. A message that is
// kept must not change with it, whatever made its reader wait.

/** Lets everything be done, but only when `open` is called. */
class Gate implements RemoteAccess {
  readonly name = "http://auth";
  #closed: Promise<void>;
  open!: () => void;

  constructor() {
    this.#closed = new Promise((resolve) => this.open = resolve);
  }

  ask(): Promise<boolean> {
    return this.#closed.then(() => true);
  }

  denial(): null {
    return null;
  }
}

/** Numbers of the payloads that come, each acknowledged and whole. */
async function takeAll(client: WireClient): Promise<number[]> {
  const numbers: number[] = [];
  for (let idle = 0; idle < 2;) {
    const packets = await client.receiveAll();
    idle = packets.length === 0 ? idle + 1 : 0;
    for (const { type, payload, qos, packetId } of packets) {
      if (type !== 3) continue;
      numbers.push(Number(openSeal(payload)));
      if (qos === 1) client.post(puback(packetId));
    }
  }
  return numbers;
}

const COUNT = 300;
const ALL = Array.from({ length: COUNT }, (_, at) => at);

/** How a message is kept, and the subscriber that shows it in the end. */
const keepings: Record<string, {
  readonly retain: boolean;
  before(broker: TestBroker, version: Version): Promise<WireClient | null>;
  after(
    broker: TestBroker,
    version: Version,
    before: WireClient | null,
  ): Promise<WireClient>;
}> = {
  retained: {
    retain: true,
    before: () => Promise.resolve(null),
    async after(broker, version) {
      const client = await broker.connect(version, "late");
      await client.send(client.packets.subscribe(1, [["t/#", 1]]));
      return client;
    },
  },
  "behind a full window": {
    retain: false,
    async before(broker, version) {
      const client = await broker.connect(version, staying(version));
      await client.subscribe([["t/#", 1]]);
      return client;
    },
    after: (_, __, client) => Promise.resolve(client!),
  },
  "in the backlog of a session whose client is away": {
    retain: false,
    async before(broker, version) {
      const client = await broker.connect(version, staying(version));
      await client.subscribe([["t/#", 1]]);
      await client.drop();
      return null;
    },
    async after(broker, version) {
      return await broker.connect(version, staying(version));
    },
  },
};

const settings = {
  session: { backlog_messages: 1000 },
  limits: { max_queued_memory: 64 * 1024 * 1024, max_inflight: 5 },
};

for (const size of [20, 1500, 20_000, 70_000]) {
  for (const [how, { retain, before, after }] of Object.entries(keepings)) {
    for (const version of [4, 5] as const) {
      Deno.test(`${size} bytes ${how} stay as they were when the reader had to wait (${version})`, async () => {
        const remote = new Gate();
        const authorizer = rulesOf([
          { topics: ["t/#"], action: "subscribe" },
        ], { remote });
        const broker = new TestBroker({ ...settings, authorizer });
        try {
          const subscriber = await before(broker, version);
          const publisher = await broker.connect(version, "publisher");
          publisher.post(...ALL.map((at) =>
            publisher.packets.publish({
              topic: `t/${at}`,
              payload: sealPayload(`${at}`, size),
              qos: 1,
              id: at + 1,
              retain,
            })
          ));
          await publisher.expectNothing();
          remote.open();
          const acks = [];
          while (acks.length < COUNT) acks.push(await publisher.receive());
          assert.ok(acks.every(({ type, code }) => type === 4 && code < 0x80));
          const numbers = await takeAll(
            await after(broker, version, subscriber),
          );
          assert.deepEqual(numbers.sort((a, b) => a - b), ALL);
        } finally {
          await broker.stop();
        }
      });
    }
  }
}

conformance(
  "what waits for memory and what comes after it stay as they were",
  async (broker) => {
    const subscriber = await broker.connect(4, staying(4));
    await subscriber.subscribe([["t/#", 1]]);
    const publisher = await broker.connect(4, "publisher");
    publisher.post(...ALL.map((at) =>
      publisher.packets.publish({
        topic: `t/${at}`,
        payload: sealPayload(`${at}`, 1500),
        qos: 1,
        id: at + 1,
      })
    ));
    const numbers: number[] = [];
    for (let look = 0; numbers.length < COUNT && look < 100; look++) {
      numbers.push(...await takeAll(subscriber));
      await broker.advance(100);
    }
    assert.deepEqual(numbers, ALL);
  },
  {
    session: { backlog_messages: 1000 },
    limits: { max_queued_memory: 100_000, max_inflight: 1 },
  },
);
