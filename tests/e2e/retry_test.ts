import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { Broker } from "../../src/broker/mod.ts";
import { isWorthWaiting } from "../../src/broker/listeners/waiting_handles.ts";
import {
  completeSettings,
  type PartialSettings,
} from "../../src/config/mod.ts";
import { ListenError } from "../../src/transport/mod.ts";
import { writeAll } from "../contract/transport_contract.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { Packets } from "../support/packets.ts";
import { until, within } from "../support/wait.ts";

type Listeners = NonNullable<PartialSettings["listener"]>;

const free = { bind: "127.0.0.1", port: 0 };

/** Of a network that exists in documents only. */
const nowhere = { bind: "192.0.2.1", port: 18830, retry: true };

function settingsOf(listener: Listeners) {
  return completeSettings({
    ...{ storage: { mode: "memory" }, sys: { interval: 0 } },
    listener,
  });
}

/** A broker on real sockets, whose time is moved by hand. */
class Served implements AsyncDisposable {
  readonly clock = new ManualClock(Date.now());
  readonly troubles: string[] = [];
  readonly recovered: [what: string, lasted: number][] = [];
  /** What the listeners were each time that one came to listen. */
  readonly listening: boolean[][] = [];
  readonly broker: Broker;

  private constructor(listener: Listeners) {
    this.broker = new Broker(settingsOf(listener), {
      clock: this.clock,
      log: {
        ...silentLog,
        trouble: (what, { message }) =>
          this.troubles.push(`${what}: ${message}`),
        recovered: (what, lasted) => this.recovered.push([what, lasted]),
      },
      onListening: () => this.listening.push(this.waiting),
    });
  }

  static async start(...listener: Listeners): Promise<Served> {
    const served = new Served(listener);
    await served.broker.start();
    return served;
  }

  get waiting(): boolean[] {
    return this.broker.listeners.map(({ isWaiting }) => isWaiting === true);
  }

  async reload(...listener: Listeners): Promise<void> {
    await this.broker.reload(settingsOf(listener));
  }

  async isServed(name: string): Promise<boolean> {
    const { port } = this.broker.listeners.find((one) => one.name === name)!;
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    try {
      await writeAll(conn, new Packets(5).connect({ clientId: name }));
      const answer = new Uint8Array(1);
      await within("CONNACK", conn.read(answer));
      return answer[0] === 0x20;
    } finally {
      conn.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.broker.stop(0);
    this.clock.advance(10_000);
    await stopped;
  }
}

/** Another program on a port, until it is disposed. */
function taken() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  return {
    port,
    leave: () => listener.close(),
    at: { bind: "127.0.0.1", port, retry: true },
  };
}

Deno.test("retry: the other listeners serve, and this one does once its address is free", async () => {
  const other = taken();
  await using served = await Served.start(
    { name: "late", ...other.at },
    { name: "first", ...free },
    { name: "later", ...nowhere },
  );
  assert.deepEqual(served.waiting, [true, false, true]);
  assert.deepEqual(
    served.broker.listeners.map(({ port }) => port).filter((_, at) => at !== 1),
    [other.port, 18830],
  );
  assert.ok(await served.isServed("first"));
  assert.equal(served.troubles.length, 2);
  assert.match(
    served.troubles[0],
    /^listener late: cannot listen on 127.*retry/,
  );
  assert.match(served.troubles[1], /^listener later: .*no such address.*5 s/);
  for (let count = 0; count < 3; count++) {
    served.clock.advance(5000);
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((next) => setImmediate(next));
    }
  }
  assert.deepEqual(served.recovered, []);
  other.leave();
  await until("the listener to be tried", () => {
    served.clock.advance(5000);
    return served.recovered.length > 0;
  });
  assert.equal(served.recovered[0][0], "listener late");
  assert.ok(served.recovered[0][1] >= 20_000);
  assert.deepEqual(served.listening, [[false, false, true]]);
  assert.ok(await served.isServed("late"));
  assert.equal(served.troubles.length, 2, "each was told once");
});

Deno.test("retry: a TLS and a WebSocket listener wait as well", async () => {
  const [one, other] = [taken(), taken()];
  const folder = await Deno.makeTempDir({ prefix: "dunlin-retry-" });
  const settings = completeSettings({
    ...{ storage: { mode: "memory" }, sys: { interval: 0 } },
    authority: { path: folder },
    listener: [
      { name: "tls", type: "tls", ...one.at },
      { name: "web", type: "websocket", ...other.at },
    ],
  });
  const clock = new ManualClock(Date.now());
  const broker = new Broker(settings, { clock });
  const started = await broker.start();
  assert.deepEqual(started.map(({ isWaiting }) => isWaiting), [true, true]);
  one.leave();
  other.leave();
  await until("both to listen", () => {
    clock.advance(5000);
    return broker.listeners.every(({ isWaiting }) => isWaiting === undefined);
  });
  const hostname = "127.0.0.1";
  const caCerts = [await Deno.readTextFile(`${folder}/ca.crt`)];
  const secure = await Deno.connectTls({ hostname, port: one.port, caCerts });
  secure.close();
  const stopped = broker.stop(0);
  clock.advance(10_000);
  await stopped;
  await Deno.remove(folder, { recursive: true });
});

Deno.test("retry: without it the start fails; so it does for what waiting does not mend", async () => {
  await assert.rejects(
    Served.start({ name: "first", ...free }, { ...nowhere, retry: false }),
    /cannot listen on 192\.0\.2\.1/,
  );
  const [{ retry, ...late }] = settingsOf([nowhere]).listener;
  const denied = new Deno.errors.PermissionDenied("denied");
  const failure = (error: unknown) => ListenError.of("::", 1, error);
  const absent = failure(new Deno.errors.AddrNotAvailable("absent"));
  assert.equal(isWorthWaiting({ ...late, retry }, absent), true);
  assert.equal(isWorthWaiting({ ...late, retry: false }, absent), false);
  assert.equal(isWorthWaiting({ ...late, retry }, failure(denied)), false);
  assert.equal(isWorthWaiting({ ...late, retry }, new Error("?")), false);
});

Deno.test("retry: a reload tries at once, changes and ends the waiting, and puts it back", async () => {
  const other = taken();
  const first = { name: "first", ...free };
  await using served = await Served.start(first, { name: "a", ...other.at });
  const port = served.broker.listeners[0].port;
  // A reload that fails leaves all as it was, with what waits.
  await assert.rejects(served.reload(
    first,
    { name: "a", ...other.at },
    { ...nowhere, retry: false },
  ));
  assert.deepEqual(served.waiting, [false, true]);
  // Without retry it cannot wait any longer.
  await assert.rejects(
    served.reload(first, { name: "a", ...other.at, retry: false }),
    /another program listens there/,
  );
  assert.deepEqual(served.waiting, [false, true]);
  await served.reload(first, { name: "b", ...other.at });
  assert.deepEqual(served.waiting, [false, true]);
  assert.equal(served.troubles.length, 1, "the same is told once");
  other.leave();
  await served.reload(first, { name: "b", ...other.at, max_handshakes: 7 });
  assert.deepEqual(served.waiting, [false, false]);
  assert.equal(served.recovered.length, 1);
  assert.ok(await served.isServed("b"));
  const again = taken();
  await served.reload(first, { name: "c", ...again.at });
  assert.deepEqual(served.waiting, [false, true]);
  await served.reload(first);
  again.leave();
  served.clock.advance(20_000);
  await new Promise((next) => setImmediate(next));
  await assert.rejects(
    Deno.connect({ hostname: "127.0.0.1", port: again.port }),
  );
  assert.equal(served.broker.listeners[0].port, port);
  assert.ok(await served.isServed("first"));
});

Deno.test("retry: a broker that stops waits no longer", async () => {
  const other = taken();
  const served = await Served.start({ name: "late", ...other.at });
  await served[Symbol.asyncDispose]();
  other.leave();
  served.clock.advance(20_000);
  await new Promise((next) => setImmediate(next));
  await assert.rejects(
    Deno.connect({ hostname: "127.0.0.1", port: other.port }),
  );
});
