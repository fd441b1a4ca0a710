import assert from "node:assert/strict";
import { Broker, type Listen } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import type { Listener } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/settle.ts";

/** Opens no sockets; openings after the first wait for `answers`. */
class Listeners {
  open = 0;
  /** Ends one opening: whether it fails. */
  readonly answers: ((fails: boolean) => void)[] = [];
  #isFirst = true;

  readonly listen: Listen = async ({ port }) => {
    const waits = !this.#isFirst;
    this.#isFirst = false;
    const fails = waits &&
      await new Promise<boolean>((resolve) => this.answers.push(resolve));
    if (fails) throw new Error("not possible");
    this.open++;
    const { promise, resolve } = Promise.withResolvers<void>();
    let isOpen = true;
    const listener: Listener = {
      address: { hostname: "127.0.0.1", port },
      serve: () => promise,
      close: () => {
        if (isOpen) this.open--;
        isOpen = false;
        resolve();
      },
    };
    return listener;
  };
}

/** A broker whose one listener is being opened again by a reload. */
async function reloading() {
  const listeners = new Listeners();
  const settings = (path: string) =>
    completeSettings({
      storage: { mode: "memory" },
      listener: [{ type: "websocket", port: 1, path }],
    });
  const broker = new Broker(settings("/a"), {
    clock: new ManualClock(),
    listen: listeners.listen,
  });
  await broker.start();
  assert.equal(listeners.open, 1);
  const reloaded = broker.reload(settings("/b")).catch((error) => error);
  await settle();
  assert.equal(listeners.answers.length, 1);
  return { broker, listeners, reloaded };
}

for (const [when, fails] of [["works", false], ["fails", true]] as const) {
  Deno.test(`a stop during a reload that ${when} leaves no listener open`, async () => {
    const { broker, listeners, reloaded } = await reloading();
    await broker.stop(0);
    listeners.answers[0](fails);
    await settle();
    listeners.answers[1]?.(false);
    await reloaded;
    assert.equal(listeners.open, 0);
  });
}

Deno.test("a stop while a failed reload puts its listener back leaves none open", async () => {
  const { broker, listeners, reloaded } = await reloading();
  listeners.answers[0](true);
  await settle();
  await broker.stop(0);
  listeners.answers[1](false);
  assert.match(String(await reloaded), /not possible/);
  assert.equal(listeners.open, 0);
});
