import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { Broker } from "../../src/broker/mod.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import type { PartialSettings } from "../../src/config/mod.ts";
import { Packets } from "../support/packets.ts";
import { within } from "../support/wait.ts";

type Listeners = NonNullable<PartialSettings["listener"]>;

/** A broker on real sockets of this machine. */
class Served implements AsyncDisposable {
  readonly broker: Broker;
  readonly troubles: string[] = [];

  private constructor(listener: Listeners) {
    this.broker = new Broker(Served.#settings(listener), {
      clock: new SystemClock(),
      log: {
        ...silentLog,
        failed: (_, error) => this.troubles.push(String(error)),
        trouble: (what, error) =>
          this.troubles.push(`${what}: ${error.message}`),
      },
    });
  }

  static async start(listener: Listeners): Promise<Served> {
    const served = new Served(listener);
    await served.broker.start();
    return served;
  }

  static #settings(listener: Listeners) {
    return completeSettings({
      storage: { mode: "memory" },
      sys: { interval: 0 },
      listener,
    });
  }

  async reload(listener: Listeners): Promise<void> {
    await this.broker.reload(Served.#settings(listener));
  }

  port(name: string): number {
    return this.broker.listeners.find((one) => one.name === name)!.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.stop(1000);
  }
}

/** A 5.0 client that is connected. */
class Raw implements Disposable {
  readonly #stream: Deno.Conn;

  constructor(stream: Deno.Conn) {
    this.#stream = stream;
  }

  static async enter(port: number, clientId: string): Promise<Raw> {
    const client = new Raw(await Deno.connect({ hostname: "127.0.0.1", port }));
    await client.#stream.write(new Packets(5).connect({ clientId }));
    assert.equal((await client.bytes())[0], 0x20, "no CONNACK");
    return client;
  }

  /** What comes next; nothing at the end. */
  async bytes(): Promise<Uint8Array> {
    const chunk = new Uint8Array(500);
    const count = await within("bytes", this.#stream.read(chunk));
    return chunk.subarray(0, count ?? 0);
  }

  async ping(): Promise<void> {
    await this.#stream.write(Uint8Array.of(0xc0, 0));
    assert.deepEqual([...await this.bytes()], [0xd0, 0]);
  }

  /** It is told why with this code, and the connection ends. */
  async isSentOff(code: number): Promise<void> {
    const bytes = await this.bytes();
    assert.deepEqual([bytes[0], bytes[2]], [0xe0, code]);
    assert.equal((await this.bytes()).length, 0);
  }

  [Symbol.dispose](): void {
    this.#stream.close();
  }
}

const free = { bind: "127.0.0.1", port: 0 };

async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test("listeners come and go; those of others notice nothing", async () => {
  await using served = await Served.start([
    { name: "a", ...free },
    { name: "b", ...free },
  ]);
  const [a, b] = [served.port("a"), served.port("b")];
  using stays = await Raw.enter(a, "stays");
  using goes = await Raw.enter(b, "goes");
  await served.reload([{ name: "a", ...free }, { name: "c", ...free }]);
  await goes.isSentOff(0x98);
  await stays.ping();
  assert.equal(served.port("a"), a);
  assert.equal(await isOpen(b), false);
  using comes = await Raw.enter(served.port("c"), "comes");
  await comes.ping();
  assert.deepEqual(served.troubles, []);
});

Deno.test("a listener that changes at its address keeps its clients and its port", async () => {
  await using served = await Served.start([{ name: "a", ...free }]);
  const port = served.port("a");
  using client = await Raw.enter(port, "one");
  for (let round = 1; round <= 5; round++) {
    await served.reload([{
      ...{ name: "a", ...free },
      allowed_networks: ["127.0.0.0/8"],
      max_handshakes: round,
    }]);
    await client.ping();
    using other = await Raw.enter(port, "other");
    await other.ping();
  }
  await served.reload([{
    ...{ name: "a", ...free },
    allowed_networks: ["10.0.0.0/8"],
  }]);
  await client.isSentOff(0x87);
  using late = new Raw(await Deno.connect({ hostname: "127.0.0.1", port }));
  assert.equal((await late.bytes()).length, 0, "nobody is let in from here");
});

Deno.test("an address may be taken over by a listener that speaks another way", async () => {
  await using served = await Served.start([{ name: "a", ...free }]);
  const port = served.port("a");
  using client = await Raw.enter(port, "one");
  await served.reload([{
    ...{ name: "web", type: "websocket" as const },
    ...{ bind: "127.0.0.1", port },
  }]);
  await client.isSentOff(0x98);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, "mqtt");
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.onopen = () => resolve();
  await within("a WebSocket", promise);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});

Deno.test("when one listener cannot be had all stay as they were", async () => {
  await using served = await Served.start([
    { name: "a", ...free },
    { name: "b", ...free },
  ]);
  const [a, b] = [served.port("a"), served.port("b")];
  using one = await Raw.enter(a, "one");
  using two = await Raw.enter(b, "two");
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const other = (taken.addr as Deno.NetAddr).port;
  const fixed = { bind: "127.0.0.1", port: other };
  await assert.rejects(
    served.reload([
      { name: "b", type: "websocket", bind: "127.0.0.1", port: b },
      { name: "a", ...free, max_handshakes: 3 },
      { name: "new", ...fixed },
    ]),
    /cannot listen on 127\.0\.0\.1:\d+: another program listens there/,
  );
  // Here the old one has to make room first, in vain, and is put back.
  await assert.rejects(
    served.reload([
      { name: "a", ...free },
      { name: "nowhere", bind: "203.0.113.7", port: b },
    ]),
    /cannot listen on 203\.0\.113\.7/,
  );
  await one.ping();
  await two.ping();
  using again = await Raw.enter(a, "three");
  using more = await Raw.enter(b, "four");
  await again.ping();
  await more.ping();
  assert.deepEqual(served.broker.listeners.map(({ name }) => name), ["a", "b"]);
});

Deno.test("reloads that overlap are done one after the other, and end with the broker", async () => {
  const served = await Served.start([{ name: "a", ...free }]);
  const ports = [];
  for (let round = 0; round < 5; round++) {
    ports.push(
      served.reload([{ name: "a", ...free }, { name: `n${round}`, ...free }]),
    );
  }
  await Promise.all(ports);
  assert.deepEqual(
    served.broker.listeners.map(({ name }) => name),
    ["a", "n4"],
  );
  const last = served.reload([{ name: "last", ...free }]);
  await served.broker.stop(1000);
  await last.catch(() => {});
  for (const { port } of served.broker.listeners) {
    assert.equal(port, 0, "nothing is open after the end");
  }
});
