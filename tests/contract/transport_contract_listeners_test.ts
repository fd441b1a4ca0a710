import assert from "node:assert/strict";
import { SystemClock } from "../../src/clock/mod.ts";
import {
  type Accepted,
  type Acceptor,
  HandshakeError,
  ListenError,
  listenTcp,
  listenWebSocket,
  MemoryListener,
  memoryPair,
  type PeerAddress,
  TcpListener,
  WebSocketListener,
} from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { pattern, writeAll } from "./transport_contract.ts";
import { TestWebSocketClient } from "./transport_contract_websocket_client.ts";

const clock = new SystemClock();

/** The addresses of this machine itself; some containers have no IPv6. */
const loopbacks = Deno.networkInterfaces()
  .map(({ address }) => address)
  .filter((address) => address === "127.0.0.1" || address === "::1");

function fail(error: Error): never {
  throw error;
}

function listen(bind: string, port = 0): TcpListener {
  return listenTcp({ bind, port, clock, onError: fail });
}

/** Connects from `hostname`; returns what the listener says of the peer. */
async function peerFrom(
  listener: TcpListener,
  hostname: string,
): Promise<PeerAddress> {
  const accepted = Promise.withResolvers<Accepted>();
  const served = listener.serve(accepted.resolve);
  const conn = await Deno.connect({ hostname, port: listener.address.port });
  const { stream, peer } = await accepted.promise;
  assert.equal(peer.port, conn.localAddr.port);
  conn.close();
  stream.close();
  listener.close();
  await served;
  return peer;
}

Deno.test("tcp-listener: port 0 takes a free port, and says which", () => {
  const [one, other] = [listen("127.0.0.1"), listen("127.0.0.1")];
  assert.equal(one.address.hostname, "127.0.0.1");
  assert.ok(one.address.port > 0);
  assert.notEqual(one.address.port, other.address.port);
  one.close();
  other.close();
});

Deno.test("tcp-listener: IPv4, IPv6 and names", async () => {
  for (const address of loopbacks) {
    assert.equal((await peerFrom(listen(address), address)).hostname, address);
  }
  await peerFrom(listen("localhost"), "localhost");
});

Deno.test("tcp-listener: on :: come IPv4 peers by their plain address", async () => {
  for (const address of loopbacks) {
    const all = loopbacks.includes("::1") ? "::" : "0.0.0.0";
    assert.equal((await peerFrom(listen(all), address)).hostname, address);
  }
});

Deno.test("tcp-listener: an address that cannot be listened on", () => {
  const taken = listen("127.0.0.1");
  const { port } = taken.address;
  const failures: [string, number, string, RegExp][] = [
    ["127.0.0.1", port, "address-in-use", /stop it, or choose another port/],
    ["192.0.2.1", 0, "address-not-available", /0\.0\.0\.0 or :: for all/],
    ["127.0.0.1", 65536, "bad-address", /0 to 65535/],
    ["", 0, "bad-address", /bind must be an IP address/],
  ];
  for (const [bind, port, failure, text] of failures) {
    assert.throws(() => listen(bind, port), (error: unknown) => {
      assert.ok(error instanceof ListenError);
      assert.equal(error.code, failure);
      assert.ok(error.message.startsWith(`cannot listen on ${bind}:${port}: `));
      assert.match(error.message, text);
      return true;
    });
  }
  taken.close();
});

Deno.test("tcp-listener: the advice where a port is not permitted", () => {
  const denied = new Deno.errors.PermissionDenied("denied");
  const low = ListenError.of("::", 883, denied);
  assert.equal(low.code, "listen-not-permitted");
  assert.match(low.message, /^cannot listen on \[::\]:883: ports below 1024/);
  assert.match(ListenError.of("::", 1883, denied).message, /check the rights/);
});

/** Lets what is ready go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await null;
}

/** Accepts what the test puts in: connections or failures. */
class ScriptedAcceptor implements Acceptor {
  readonly addr = { transport: "tcp", hostname: "a", port: 1 } as const;
  #waiting = Promise.withResolvers<Deno.TcpConn>();
  accepts = 0;

  accept(): Promise<Deno.TcpConn> {
    this.accepts++;
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  async fail(error: Error): Promise<void> {
    this.#waiting.reject(error);
    await turns();
  }

  async connect(): Promise<{ noDelay: boolean; keepAlive: boolean }> {
    const [stream] = memoryPair();
    const seen = { noDelay: false, keepAlive: false };
    const conn = {
      remoteAddr: { hostname: "192.0.2.9", port: 9 },
      setNoDelay: () => seen.noDelay = true,
      setKeepAlive: () => seen.keepAlive = true,
      close: () => stream.close(),
    };
    this.#waiting.resolve(conn as unknown as Deno.TcpConn);
    await turns();
    return seen;
  }

  close(): void {
    this.#waiting.reject(new Deno.errors.BadResource("closed"));
  }
}

/** What the runtime rejects with; it names the failure by `code`. */
function systemError(code: string): Error {
  return Object.assign(new Error(`as the system says: ${code}`), { code });
}

/** What the runtime rejects with for a peer that was reset in the queue. */
function resetPeer(): Error {
  const text = "Transport endpoint is not connected (os error 107)";
  const error = new Deno.errors.NotConnected(text);
  return Object.assign(error, { code: "ENOTCONN" });
}

/** A listener on `acceptor`, and all that it reports. */
function scripted(acceptor: ScriptedAcceptor) {
  const clock = new ManualClock();
  const errors: string[] = [];
  const refusals: string[] = [];
  const listener = new TcpListener(acceptor, {
    clock,
    onError: (error) => errors.push(error.message),
    onRefused: ({ reason }) => refusals.push(reason),
  });
  return { clock, errors, refusals, listener };
}

Deno.test("tcp-listener: a shortage pauses, and is reported each time", async () => {
  const acceptor = new ScriptedAcceptor();
  const { clock, errors, listener } = scripted(acceptor);
  const peers: PeerAddress[] = [];
  const served = listener.serve(({ peer }) => peers.push(peer));
  let accepts = 1;
  for (const code of ["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"]) {
    for (let round = 0; round < 3; round++) {
      await acceptor.fail(systemError(code));
      assert.equal(acceptor.accepts, accepts, code);
      clock.advance(100);
      await turns();
      assert.equal(acceptor.accepts, ++accepts, code);
    }
  }
  assert.equal(errors.length, 12);
  assert.match(errors[0], /EMFILE; .* Raise the limit of open files/);
  const seen = await acceptor.connect();
  assert.deepEqual(seen, { noDelay: true, keepAlive: true });
  assert.deepEqual(peers, [{ hostname: "192.0.2.9", port: 9 }]);
  listener.close();
  await served;
  assert.equal(errors.length, 12, "closing is no failure");
});

Deno.test("tcp-listener: a peer that reset in the queue costs no time and no report", async () => {
  const acceptor = new ScriptedAcceptor();
  const { errors, refusals, listener } = scripted(acceptor);
  const served = listener.serve(() => {});
  for (let count = 1; count <= 1000; count++) {
    await acceptor.fail(
      count === 1 ? systemError("ECONNABORTED") : resetPeer(),
    );
    assert.equal(acceptor.accepts, count + 1);
  }
  assert.deepEqual(errors, []);
  assert.equal(refusals.length, 1000);
  assert.equal(refusals[0], "reset-before-accept");
  listener.close();
  await served;
});

Deno.test("tcp-listener: an unknown failure costs no time, unless it goes on", async () => {
  const acceptor = new ScriptedAcceptor();
  const { clock, errors, listener } = scripted(acceptor);
  const served = listener.serve(() => {});
  for (let count = 1; count <= 100; count++) {
    await acceptor.fail(systemError("EPROTO"));
    assert.equal(acceptor.accepts, count + 1);
  }
  await acceptor.fail(systemError("EPROTO"));
  assert.equal(acceptor.accepts, 101);
  clock.advance(100);
  await turns();
  assert.equal(acceptor.accepts, 102);
  await acceptor.connect();
  await acceptor.fail(systemError("EPROTO"));
  assert.equal(acceptor.accepts, 104, "a connection ends the series");
  assert.equal(errors.length, 102);
  listener.close();
  await served;
});

Deno.test("tcp-listener: close ends the pause, and may be called again", async () => {
  const acceptor = new ScriptedAcceptor();
  const listener = new TcpListener(acceptor, {
    clock: new ManualClock(),
    onError: () => {},
  });
  const served = listener.serve(() => {});
  await acceptor.fail(systemError("EMFILE"));
  listener.close();
  listener.close();
  await served;
  assert.equal(acceptor.accepts, 1);
});

Deno.test("tcp-listener: a taker that throws is told of, the next is taken", async () => {
  const acceptor = new ScriptedAcceptor();
  const errors: string[] = [];
  const listener = new TcpListener(acceptor, {
    clock: new ManualClock(),
    onError: (error) => errors.push(error.message),
  });
  let taken = 0;
  const served = listener.serve(() => {
    if (++taken === 1) throw new Error("no room");
  });
  await acceptor.connect();
  await acceptor.connect();
  assert.deepEqual([taken, errors], [2, ["no room"]]);
  listener.close();
  await served;
});

Deno.test("memory-listener: connects before and after serve, not after close", async () => {
  const listener = new MemoryListener();
  const peers: string[] = [];
  const early = listener.connect("192.0.2.1");
  const served = listener.serve(({ stream, peer }) => {
    peers.push(`${peer.hostname} ${peer.port}`);
    stream.close();
  });
  const late = listener.connect();
  assert.deepEqual(peers, ["192.0.2.1 1", "memory 2"]);
  for (const client of [early, late]) {
    assert.equal(await client.read(new Uint8Array(1)), null);
  }
  listener.close();
  await served;
  assert.throws(() => listener.connect(), Deno.errors.ConnectionRefused);
});

Deno.test("memory-stream: a capacity below 1 is refused", () => {
  for (const capacity of [0, -1, 1.5, NaN]) {
    assert.throws(
      () => memoryPair({ capacity }),
      /capacity must be at least 1/,
    );
  }
});

Deno.test("memory-stream: writing nothing wakes no reader", async () => {
  const [one, other] = memoryPair();
  const into = new Uint8Array(4);
  const reading = one.read(into);
  assert.equal(await other.write(new Uint8Array(0)), 0);
  await other.write(pattern(2));
  assert.equal(await reading, 2);
});

Deno.test("memory-stream: a second read or write at a time rejects", async () => {
  const [one] = memoryPair({ capacity: 1 });
  const reading = assert.rejects(one.read(new Uint8Array(1)));
  await assert.rejects(one.read(new Uint8Array(1)), Deno.errors.Busy);
  await one.write(new Uint8Array(1));
  const writing = assert.rejects(one.write(new Uint8Array(1)));
  await assert.rejects(one.write(new Uint8Array(1)), Deno.errors.Busy);
  one.close();
  await Promise.all([reading, writing]);
});

Deno.test("websocket-listener: a failed handshake is told, and others go on", async () => {
  const below = new MemoryListener();
  const failed = Promise.withResolvers<[Error, PeerAddress | undefined]>();
  const listener = new WebSocketListener(below, {
    clock,
    onError: (error, peer) => failed.resolve([error, peer]),
  });
  const streams: Accepted[] = [];
  const served = listener.serve((accepted) => streams.push(accepted));
  assert.equal(listener.address, below.address);
  await writeAll(below.connect("192.0.2.7"), new Uint8Array([0x10]));
  const [error, peer] = await failed.promise;
  assert.ok(error instanceof HandshakeError);
  assert.deepEqual(peer, { hostname: "192.0.2.7", port: 1 });
  await TestWebSocketClient.open(below.connect());
  assert.deepEqual(streams.map((one) => one.peer.port), [2]);
  listener.close();
  await served;
});

Deno.test("websocket-listener: close ends handshakes, silently", async () => {
  const below = new MemoryListener();
  const listener = new WebSocketListener(below, { clock, onError: fail });
  const served = listener.serve(() => assert.fail("nothing was upgraded"));
  const half = below.connect();
  await writeAll(half, new TextEncoder().encode("GET /mqtt HTTP/1.1\r\n"));
  listener.close();
  await served;
  assert.equal(await half.read(new Uint8Array(1)), null);
});

/** Sends back what comes in 64 KiB reads, until the end. */
async function echo({ stream }: Accepted): Promise<void> {
  const into = new Uint8Array(65536);
  for (let count; (count = await stream.read(into)) !== null;) {
    await writeAll(stream, into.subarray(0, count));
  }
}

Deno.test("websocket-listener: another implementation's client gets all back", async () => {
  const bind = "127.0.0.1";
  const listener = listenWebSocket({ bind, port: 0, clock, onError: fail });
  const echoes: Promise<void>[] = [];
  const served = listener.serve((accepted) => echoes.push(echo(accepted)));
  const url = `ws://${bind}:${listener.address.port}/mqtt`;
  const socket = new WebSocket(url, ["chat", "mqttv3.1"]);
  socket.binaryType = "arraybuffer";
  const sent = pattern(300_000);
  const received: number[] = [];
  const whole = Promise.withResolvers<void>();
  socket.onmessage = (event) => {
    received.push(...new Uint8Array(event.data));
    if (received.length >= sent.length) whole.resolve();
  };
  await new Promise((resolve) => socket.onopen = resolve);
  assert.equal(socket.protocol, "mqttv3.1");
  for (let at = 0; at < sent.length; at += 70_000) {
    socket.send(sent.slice(at, at + 70_000));
  }
  await whole.promise;
  assert.deepEqual(new Uint8Array(received), sent);
  const closed = new Promise<CloseEvent>((done) => socket.onclose = done);
  socket.close(4321, "enough");
  const { code, wasClean } = await closed;
  assert.deepEqual([code, wasClean], [4321, true]);
  await Promise.all(echoes);
  listener.close();
  await served;
});
