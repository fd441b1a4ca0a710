import assert from "node:assert/strict";
import { Broker, type Listen } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import type { Listener } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/settle.ts";

const settings = (path: string) =>
  completeSettings({
    storage: { mode: "memory" },
    listener: [{ type: "websocket", port: 7, path }],
  });

/** Opens no sockets: each opening fails if it is told so. */
async function started() {
  /** Ports of all that were opened. */
  const ports: number[] = [];
  const state = { isDown: false, fail: (_: Error) => {} };
  const listen: Listen = ({ port }) => {
    if (state.isDown) return Promise.reject(new Error("no such host"));
    ports.push(port);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    state.fail = reject;
    const listener: Listener = {
      address: { hostname: "127.0.0.1", port },
      serve: () => promise,
      close: resolve,
    };
    return Promise.resolve(listener);
  };
  const broker = new Broker(settings("/a"), {
    clock: new ManualClock(),
    listen,
  });
  await broker.start();
  return { broker, ports, state };
}

Deno.test("a listener that a failed reload could not put back listens after the next one", async () => {
  const { broker, ports, state } = await started();
  state.isDown = true;
  await assert.rejects(broker.reload(settings("/b")), /no such host/);
  assert.deepEqual(broker.listeners.map(({ port }) => port), [0]);
  // Once more: it fails as before, and nothing is forgotten.
  await assert.rejects(broker.reload(settings("/a")), /no such host/);
  state.isDown = false;
  await broker.reload(settings("/a"));
  assert.deepEqual(ports, [7, 7]);
  assert.deepEqual(broker.listeners.map(({ port }) => port), [7]);
  await broker.stop(0);
});

Deno.test("a listener whose socket failed listens after the next reload", async () => {
  const { broker, ports, state } = await started();
  state.fail(new Error("the socket broke"));
  await settle();
  assert.deepEqual(broker.listeners.map(({ port }) => port), [0]);
  await broker.reload(settings("/a"));
  assert.deepEqual(ports, [7, 7]);
  await broker.stop(0);
});
