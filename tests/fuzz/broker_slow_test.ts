import { strict as assert } from "node:assert";
import { BrokerProcess } from "../support/process.ts";
import { TestBroker } from "../support/test_broker.ts";
import { Packets } from "../support/packets.ts";
import type { WireClient } from "../support/wire_client.ts";
import { within } from "../support/wait.ts";

const TEN_SECONDS = 10_000;

/** A pair that must notice nothing. */
async function canaries(broker: TestBroker): Promise<() => Promise<void>> {
  const subscriber = await broker.connect(5, "canary-subscriber");
  const publisher = await broker.connect(4, "canary-publisher");
  await subscriber.subscribe(["canary"]);
  return async () => {
    await publisher.publish({ topic: "canary", payload: "song" });
    assert.equal((await subscriber.receivePublish()).payload, "song");
  };
}

/** Sends a byte, then lets ten seconds pass; returns how many it took. */
async function drip(
  broker: TestBroker,
  client: WireClient,
  bytes: Uint8Array,
  each: () => Promise<void>,
): Promise<number> {
  for (let at = 0; at < bytes.length; at++) {
    if (client.closed) return at;
    await client.send(bytes.subarray(at, at + 1));
    await broker.advance(TEN_SECONDS);
    await each();
  }
  return bytes.length;
}

Deno.test("a byte every ten seconds: CONNECT is not complete in time", async () => {
  const broker = new TestBroker({ limits: { connect_timeout: 25_000 } });
  const sing = await canaries(broker);
  const client = broker.open(4);
  const connect = client.packets.connect({ clientId: "slow" });
  assert.equal(await drip(broker, client, connect, sing), 3);
  await client.expectClosed();
  await broker.stop();
});

Deno.test("a byte every ten seconds: a PUBLISH does not keep alive", async () => {
  const broker = new TestBroker();
  const sing = await canaries(broker);
  const client = await broker.connect(4, { clientId: "slow", keepAlive: 30 });
  const publish = client.packets.publish({ topic: "t", payload: "0123456789" });
  // Gone after 45 s without a complete packet.
  assert.equal(await drip(broker, client, publish, sing), 5);
  await client.expectClosed();
  await broker.stop();
});

Deno.test("a byte every ten seconds: without keep alive it may", async () => {
  const broker = new TestBroker();
  const sing = await canaries(broker);
  const client = await broker.connect(4, { clientId: "slow", keepAlive: 0 });
  await client.subscribe(["t"]);
  const publish = client.packets.publish({ topic: "t", payload: "0123456789" });
  assert.equal(await drip(broker, client, publish, sing), publish.length);
  assert.equal((await client.receivePublish()).payload, "0123456789");
  await broker.stop();
});

const PAYLOAD = 2048;
/** Messages between two waits for the good subscriber. */
const BATCH = 256;
const BATCHES = 400;
/** Bytes that may wait for one client, in this test. */
const BOUND = 1024 * 1024;
/** What the broker may grow by, garbage included; 200 MiB are sent to the deaf. */
const GROWTH = 80 * 1024 * 1024;

/** A connection by hand: no library that would read on its own. */
class RawClient implements Disposable {
  readonly conn: Deno.TcpConn;
  readonly packets = new Packets(4);
  readonly #chunk = new Uint8Array(65_536);

  private constructor(conn: Deno.TcpConn) {
    this.conn = conn;
  }

  static async enter(port: number, clientId: string): Promise<RawClient> {
    const client = new RawClient(await Deno.connect({ port }));
    await client.write(client.packets.connect({ clientId }));
    await client.take(4);
    return client;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.conn.write(bytes.subarray(at));
    }
  }

  /** Reads so many bytes, and no more. */
  async take(count: number): Promise<void> {
    while (count > 0) {
      const into = this.#chunk.subarray(0, Math.min(count, 65_536));
      const got = await within("bytes of the broker", this.conn.read(into));
      assert.notEqual(got, null, "the broker has closed");
      count -= got!;
    }
  }

  async subscribe(filter: string, qos: number): Promise<void> {
    await this.write(this.packets.subscribe(1, [[filter, qos]]));
    await this.take(5);
  }

  [Symbol.dispose](): void {
    this.conn.close();
  }
}

for (const qos of [0, 1] as const) {
  Deno.test(`a subscriber that never reads, QoS ${qos}: bounded, and others get everything`, async () => {
    await using broker = await BrokerProcess.start({
      args: [
        ...["--set", `limits.max_outbound=${BOUND}`],
        ...["--set", `session.backlog_bytes=${BOUND}`],
        ...["--set", "session.backlog_messages=1000000"],
      ],
    });
    const port = broker.port();
    using deaf = await RawClient.enter(port, "deaf");
    using good = await RawClient.enter(port, "good");
    using publisher = await RawClient.enter(port, "publisher");
    await deaf.subscribe("t", qos);
    await good.subscribe("t", 0);
    const before = await broker.memory();
    const payload = new Uint8Array(PAYLOAD);
    const publish = publisher.packets.publish({ topic: "t", payload, qos });
    const received = publish.length - (qos === 0 ? 0 : 2);
    const batch = new Uint8Array(publish.length * BATCH);
    for (let i = 0; i < BATCH; i++) batch.set(publish, i * publish.length);
    for (let i = 0; i < BATCHES; i++) {
      // Both at once: or each would wait for the other to read.
      await Promise.all([
        publisher.write(batch),
        good.take(received * BATCH),
        qos === 0 ? undefined : publisher.take(4 * BATCH),
      ]);
    }
    const growth = await broker.memory() - before;
    assert.ok(growth < GROWTH, `memory grew by ${growth} bytes`);
  });
}
