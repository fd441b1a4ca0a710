import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import type { ListenerSettings } from "../../src/config/mod.ts";
import type { Accepted, PeerAddress } from "../../src/transport/mod.ts";
import { AddressShares } from "../../src/transport/listeners/address_shares.ts";
import { Arrivals } from "../../src/transport/listeners/arrivals.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { type Opened, openListener } from "../support/listening.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { textHeader } from "../support/proxy_headers.ts";
import { settle } from "../support/settle.ts";
import { makeTlsPems } from "../support/tls_pems.ts";
import { until } from "../support/wait.ts";
import { writeAll } from "./transport_contract.ts";
import { TestWebSocketClient } from "./transport_contract_websocket_client.ts";

const PROXY = "10.0.0.1";
const CROWD = "198.51.100.1";

/** Arrivals that a test runs by hand. */
class World {
  readonly clock = new ManualClock();
  readonly #arrivals: Arrivals;
  /** Clients that were refused or gave way, in order. */
  readonly refused: string[] = [];
  /** Clients that came to MQTT, in order. */
  readonly entered: string[] = [];

  constructor(maxHandshakes: number) {
    this.#arrivals = new Arrivals({
      clock: this.clock,
      handshakeTimeout: 10_000,
      maxHandshakes,
      isProxy: ({ hostname }) => hostname === PROXY,
      onRefused: ({ reason, peer }) => {
        assert.equal(reason, "too-many-handshakes");
        this.refused.push(peer.hostname);
      },
    });
  }

  get size(): number {
    return this.#arrivals.size;
  }

  /** A connection that stays in its beginning until a call of what is returned. */
  arrive(hostname: string) {
    const done = Promise.withResolvers<Accepted>();
    done.promise.catch(() => {});
    let tell: (peer: PeerAddress) => void = () => {};
    const peer = { hostname, port: 1 };
    this.#arrivals.take({
      peer,
      close: () => done.reject(new Error("closed")),
      begin: (name) => {
        tell = name;
        return done.promise;
      },
    }, (accepted) => this.entered.push(accepted.peer.hostname));
    return {
      named: (client: string) => tell({ hostname: client, port: 2 }),
      finish: () => {
        const [stream] = memoryPair();
        done.resolve({ stream, peer });
      },
    };
  }
}

Deno.test("arrivals: a crowd from one address refuses no other address", async () => {
  const world = new World(10);
  for (let count = 0; count < 50; count++) world.arrive(CROWD);
  await settle();
  assert.equal(world.refused.length, 40);
  const good = [1, 2, 3, 4, 5].map((last) => world.arrive(`192.0.2.${last}`));
  // Those of the crowd that come behind them take no place of theirs.
  for (let count = 0; count < 50; count++) world.arrive(CROWD);
  world.clock.advance(2000);
  for (let count = 0; count < 50; count++) world.arrive(CROWD);
  await settle();
  assert.equal(world.size, 10);
  assert.deepEqual(new Set(world.refused), new Set([CROWD]));
  for (const one of good) one.finish();
  await settle();
  assert.equal(world.entered.length, 5);
});

Deno.test("arrivals: two addresses come to equal shares, whichever was first", async () => {
  const world = new World(10);
  for (let count = 0; count < 10; count++) world.arrive("192.0.2.1");
  for (let count = 0; count < 10; count++) world.arrive("192.0.2.2");
  await settle();
  const of = (hostname: string) =>
    10 - world.refused.filter((one) => one === hostname).length;
  assert.deepEqual([of("192.0.2.1"), of("192.0.2.2")], [5, 5]);
});

Deno.test("arrivals: IPv6 addresses of one /64 share, others do not", async () => {
  const world = new World(10);
  for (let count = 0; count < 30; count++) {
    world.arrive(`2001:db8:0:1:${count.toString(16)}::1`);
  }
  const good = world.arrive("2001:db8:0:2::1");
  for (let count = 0; count < 30; count++) {
    world.arrive(`2001:db8:0:1::${count.toString(16)}`);
  }
  good.finish();
  await settle();
  assert.deepEqual(world.entered, ["2001:db8:0:2::1"]);
  assert.ok(!world.refused.includes("2001:db8:0:2::1"));
});

Deno.test("arrivals: in a rush of many addresses those under way keep their places", async () => {
  const world = new World(10);
  const first = Array.from(
    { length: 10 },
    (_, at) => world.arrive(`192.0.2.${at}`),
  );
  for (let at = 10; at < 20; at++) world.arrive(`192.0.2.${at}`);
  for (const one of first) one.finish();
  await settle();
  assert.equal(world.entered.length, 10);
  assert.deepEqual(
    world.refused,
    Array.from({ length: 10 }, (_, at) => `192.0.2.${at + 10}`),
  );
});

Deno.test("arrivals: connections of a proxy count alone until it names the client", async () => {
  const world = new World(10);
  const unnamed = Array.from({ length: 6 }, () => world.arrive(PROXY));
  // A crowd beside the proxy does not push out what the proxy brings.
  for (let count = 0; count < 20; count++) world.arrive(CROWD);
  await settle();
  assert.deepEqual(new Set(world.refused), new Set([CROWD]));
  // Nor does a crowd behind the proxy, whose connections are known by then.
  for (let count = 0; count < 30; count++) {
    world.arrive(PROXY).named("203.0.113.1");
  }
  const good = world.arrive(PROXY);
  good.named("192.0.2.7");
  for (let count = 0; count < 30; count++) {
    world.arrive(PROXY).named("203.0.113.1");
  }
  for (const one of [...unnamed, good]) one.finish();
  await settle();
  assert.equal(world.entered.length, 7);
  assert.equal(world.size, 3);
  assert.ok(!world.refused.includes("192.0.2.7"));
  assert.ok(world.refused.includes("203.0.113.1"), "named by its own address");
});

Deno.test("arrivals: one that is named after it gave way does not count again", async () => {
  const world = new World(2);
  const one = world.arrive(CROWD);
  const other = world.arrive(CROWD);
  world.arrive("192.0.2.1");
  one.named("192.0.2.2");
  other.named("192.0.2.2");
  await settle();
  assert.equal(world.size, 2);
});

Deno.test("address shares: the largest is as counting finds it", () => {
  const step = fc.record({
    key: fc.option(fc.constantFrom("a", "b", "c", "d")),
    goes: fc.nat(),
    isAdded: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const shares = new AddressShares<number>();
    const keys = new Map<number, string | null>();
    steps.forEach(({ key, goes, isAdded }, at) => {
      if (isAdded) {
        shares.add(at, key);
        keys.set(at, key);
      } else {
        const member = [...keys.keys()][goes % Math.max(1, keys.size)] ?? -1;
        shares.delete(member);
        keys.delete(member);
      }
      const counts = new Map<string | number, number>();
      for (const [member, key] of keys) {
        counts.set(key ?? member, (counts.get(key ?? member) ?? 0) + 1);
      }
      assert.equal(shares.size, keys.size);
      assert.deepEqual([...shares.members], [...keys.keys()]);
      const most = Math.max(0, ...counts.values());
      assert.equal(shares.largest?.members.size ?? 0, most);
      for (const key of ["a", "b", "c", "d"]) {
        const members = shares.of(key)?.members;
        assert.equal(members?.size, counts.get(key));
      }
    });
  }));
});

const pems = await makeTlsPems();

const kinds: [kind: string, said: Partial<ListenerSettings>][] = [
  ["tls", { type: "tls" }],
  ["wss", { type: "wss" }],
  ["websocket", { type: "websocket" }],
  ["one port", { type: "tls", one_port: true }],
  ["proxied websocket", {
    type: "websocket",
    proxy_protocol: true,
    trusted_proxies: ["127.0.0.0/8"],
  }],
];

/** Connections from 127.0.0.2 that say nothing but what their proxy says. */
async function crowd(
  { listener: { address: { port } } }: Opened,
  { proxy_protocol }: Partial<ListenerSettings>,
): Promise<Socket[]> {
  const crowd: Socket[] = [];
  for (let left = 20; left > 0; left--) {
    const socket = connect({
      ...{ host: "127.0.0.1", port, localAddress: "127.0.0.2" },
    });
    socket.on("error", () => {});
    await new Promise((done) => socket.once("connect", done));
    if (proxy_protocol) {
      socket.write(textHeader("TCP4 203.0.113.1 192.0.2.1 1 2"));
    }
    crowd.push(socket);
  }
  return crowd;
}

/** Comes to MQTT as a client from 127.0.0.1 does. */
async function enter(opened: Opened, said: Partial<ListenerSettings>) {
  const raw = await Deno.connect(opened.listener.address);
  let conn: Deno.Conn = raw;
  try {
    if (said.proxy_protocol) await writeAll(raw, textHeader());
    if (said.type === "tls" || said.type === "wss") {
      const options = { hostname: "localhost", caCerts: [pems.ca] };
      conn = await Deno.startTls(raw, options);
    }
    if (said.type === "websocket" || said.type === "wss") {
      await TestWebSocketClient.open(conn);
    } else await writeAll(conn, Uint8Array.of(0x10));
    return (await opened.next()).peer.hostname;
  } finally {
    conn.close();
  }
}

for (const [kind, said] of kinds) {
  Deno.test(`arrivals ${kind}: silent peers of one address do not keep others out`, async () => {
    const opened = await openListener({ ...said, max_handshakes: 4 }, {
      choose: () => pems.server,
      // No time passes: nobody gives way for having had enough of it.
      clock: new ManualClock(Date.now()),
    });
    const sockets = await crowd(opened, said);
    await until("the crowd to be refused", () => opened.refusals() >= 16);
    if (said.proxy_protocol) {
      // From when the crowd's headers are read on, it counts together.
      const enters = () => enter(opened, said).then(() => true, () => false);
      await until("the crowd to be named", enters);
    }
    for (let count = 0; count < 6; count++) {
      const hostname = said.proxy_protocol ? "192.0.2.7" : "127.0.0.1";
      assert.equal(await enter(opened, said), hostname);
    }
    opened.listener.close();
    for (const socket of sockets) socket.destroy();
  });
}
