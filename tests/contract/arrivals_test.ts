import assert from "node:assert/strict";
import type { Cancel, Clock, MachineRun } from "../../src/clock/mod.ts";
import type { ListenerSettings } from "../../src/config/mod.ts";
import {
  connectTo,
  type Opened,
  openListener,
  readToEnd,
} from "../support/listening.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { makeTlsPems } from "../support/tls_pems.ts";
import { within } from "../support/wait.ts";

const pems = await makeTlsPems();

/** A clock that tells how much is being waited for. */
class WatchedClock implements Clock {
  readonly #clock = new ManualClock();
  pending = 0;

  now(): number {
    return this.#clock.now();
  }

  precise(): number {
    return this.#clock.precise();
  }

  date(): number {
    return this.#clock.date();
  }

  machine(): MachineRun | null {
    return this.#clock.machine();
  }

  get suspended(): number {
    return this.#clock.suspended;
  }

  after(ms: number, task: () => void): Cancel {
    let isPending = true;
    const done = () => {
      if (isPending) this.pending--;
      isPending = false;
    };
    this.pending++;
    const cancel = this.#clock.after(ms, () => {
      done();
      task();
    });
    return () => {
      done();
      cancel();
    };
  }

  soon(task: () => void): void {
    this.#clock.soon(task);
  }

  advance(ms: number): void {
    this.#clock.advance(ms);
  }

  /** Resolves when `holds` does, after some turns of the event loop. */
  until(holds: () => boolean): Promise<void> {
    const look = async () => {
      while (!holds()) await new Promise((turn) => setImmediate(turn));
    };
    return within("something to be waited for", look());
  }
}

/** Connects, and waits until the listener has begun with it. */
async function arrive(
  opened: Opened,
  clock: WatchedClock,
): Promise<Deno.TcpConn> {
  const before = clock.pending;
  const conn = await connectTo(opened);
  await clock.until(() => clock.pending > before);
  return conn;
}

/** Listeners whose beginning a silent or slow peer can hold up. */
const kinds: [kind: string, said: Partial<ListenerSettings>][] = [
  ["tls", { type: "tls" }],
  ["wss", { type: "wss" }],
  ["websocket", { type: "websocket" }],
  ["one port", { type: "tls", one_port: true }],
  ["proxied", {
    type: "tcp",
    proxy_protocol: true,
    trusted_proxies: ["127.0.0.1"],
  }],
];

function open(
  said: Partial<ListenerSettings>,
  clock: WatchedClock,
): Promise<Opened> {
  return openListener(said, { choose: () => pems.server, clock });
}

for (const [kind, said] of kinds) {
  Deno.test(`arrivals ${kind}: silence ends with handshake_timeout`, async () => {
    const clock = new WatchedClock();
    const opened = await open({ ...said, handshake_timeout: 3000 }, clock);
    let isOver = false;
    const refusal = opened.nextRefusal().finally(() => isOver = true);
    const silent = await arrive(opened, clock);
    clock.advance(2999);
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((next) => setImmediate(next));
    }
    assert.equal(isOver, false);
    clock.advance(1);
    const { reason, peer } = await refusal;
    assert.equal(reason, "handshake-timeout");
    assert.equal(peer.hostname, "127.0.0.1");
    await readToEnd(silent);
    silent.close();
    opened.listener.close();
    await clock.until(() => clock.pending === 0);
  });

  Deno.test(`arrivals ${kind}: no more than max_handshakes; who stands still gives way`, async () => {
    const clock = new WatchedClock();
    const opened = await open({ ...said, max_handshakes: 2 }, clock);
    const first = await arrive(opened, clock);
    const second = await arrive(opened, clock);
    const { pending } = clock;
    const third = await connectTo(opened);
    assert.equal((await opened.nextRefusal()).reason, "too-many-handshakes");
    await readToEnd(third);
    // Two seconds are enough for anybody honest.
    clock.advance(2000);
    const fourth = await connectTo(opened);
    assert.equal((await opened.nextRefusal()).reason, "too-many-handshakes");
    await readToEnd(first);
    await clock.until(() => clock.pending === pending);
    opened.listener.close();
    for (const conn of [second, fourth]) await readToEnd(conn);
    for (const conn of [first, second, third, fourth]) conn.close();
    await clock.until(() => clock.pending === 0);
  });
}

Deno.test("arrivals: closing the listener ends handshakes, silently", async () => {
  const clock = new WatchedClock();
  const opened = await open({ type: "tls" }, clock);
  const half = await arrive(opened, clock);
  opened.listener.close();
  await readToEnd(half);
  half.close();
  await clock.until(() => clock.pending === 0);
  assert.equal(opened.refusals(), 0);
});
