import assert from "node:assert/strict";
import type { MqttClient } from "mqtt";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { Broker } from "../../src/broker/mod.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import { completeSettings, type Settings } from "../../src/config/mod.ts";
import { openSeal, sealPayload } from "../support/sealed_payload.ts";
import { until, within } from "../support/wait.ts";
import { connectMqttJs } from "./mqttjs_client.ts";

// By hand: DUNLIN_RELOADS=100 DUNLIN_RELOAD_PAIRS=20.
const reloads = Number(Deno.env.get("DUNLIN_RELOADS") ?? 12);
const pairs = Number(Deno.env.get("DUNLIN_RELOAD_PAIRS") ?? 4);

/** Messages that a publisher has under way at a time. */
const WINDOW = 20;

/** Settings of which each round has others, none of them for the worse. */
function settingsOf(round: number): Settings {
  return completeSettings({
    storage: { mode: "memory" },
    sys: { interval: round % 3 === 0 ? 0 : 1000 },
    listener: [
      { name: "steady", bind: "127.0.0.1", port: 0 },
      {
        name: round % 2 === 0 ? "even" : "odd",
        bind: "127.0.0.1",
        port: 0,
      },
      {
        ...{ name: "changed", bind: "127.0.0.1", port: 0 },
        allowed_networks: ["127.0.0.0/8"],
        max_handshakes: 100 + round,
      },
    ],
    auth: [{ type: "users" }, { type: "anonymous" }],
    user: [{ name: `user-${round}`, password: "x" }],
    acl: [
      ...Array.from({ length: round % 5 }, (_, at) => ({
        topic: [`else/${at}`],
        permission: "deny" as const,
      })),
      { topic: ["load/#"] },
    ],
    limits: {
      max_inflight: 10 + round % 7,
      publish_rate: round % 4 === 0 ? 0 : 1_000_000,
    },
    shared: { strategy: round % 2 === 0 ? "random" : "sticky" },
  });
}

/** Publishes numbers at one QoS until it is told to end. */
class Publisher {
  readonly #client: MqttClient;
  readonly #topic: string;
  readonly #qos: 1 | 2;
  sent = 0;
  isOver = false;

  constructor(client: MqttClient, topic: string, qos: 1 | 2) {
    this.#client = client;
    this.#topic = topic;
    this.#qos = qos;
  }

  /** Rejects as soon as one is not acknowledged. */
  async run(): Promise<void> {
    const lanes = Array.from({ length: WINDOW }, async () => {
      while (!this.isOver) {
        const number = this.sent++;
        const text = sealPayload(String(number), number % 5000);
        await this.#client.publishAsync(this.#topic, text, { qos: this.#qos });
      }
    });
    await Promise.all(lanes);
  }
}

/** Gathers the numbers that come, and sees to it that each comes once. */
class Receiver {
  count = 0;
  readonly faults: string[] = [];
  readonly #last = new Map<string, number>();

  take(topic: string, text: string): void {
    const expected = (this.#last.get(topic) ?? -1) + 1;
    const number = Number(openSeal(text));
    this.#last.set(topic, number);
    this.count++;
    if (number !== expected) {
      this.faults.push(`${topic}: ${number} in place of ${expected}`);
    }
  }
}

Deno.test(
  `${reloads} reloads under the load of ${pairs} pairs: nothing is lost, twice, or out of order`,
  async () => {
    const failures: unknown[] = [];
    const broker = new Broker(settingsOf(0), {
      clock: new SystemClock(),
      log: {
        ...silentLog,
        failed: (...all) => failures.push(all),
        trouble: (...all) => failures.push(all),
      },
    });
    await broker.start();
    const portOf = (name: string) =>
      broker.listeners.find((one) => one.name === name)!.port;
    const clients: MqttClient[] = [];
    const closed: string[] = [];
    let isOver = false;
    const enter = async (door: string, clientId: string) => {
      const client = await connectMqttJs(`mqtt://127.0.0.1:${portOf(door)}`, {
        ...{ clientId, protocolVersion: 5 },
      });
      client.on("close", () => {
        if (!isOver) closed.push(clientId);
      });
      clients.push(client);
      return client;
    };
    const receivers: Receiver[] = [];
    const publishers: Publisher[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      const receiver = new Receiver();
      receivers.push(receiver);
      // Those at the listener that changes each time must be kept as well.
      const subscriber = await enter(
        pair % 2 ? "changed" : "steady",
        `s${pair}`,
      );
      subscriber.on(
        "message",
        (topic, payload) => receiver.take(topic, payload.toString()),
      );
      const qos = pair % 2 === 0 ? 1 : 2;
      await subscriber.subscribeAsync(`load/${pair}`, { qos });
      const client = await enter(pair % 2 ? "steady" : "changed", `p${pair}`);
      publishers.push(new Publisher(client, `load/${pair}`, qos));
    }
    const running = Promise.all(publishers.map((one) => one.run()));
    running.catch(() => {});
    for (let round = 1; round <= reloads; round++) {
      const before = receivers.map(({ count }) => count);
      await within(`reload ${round}`, broker.reload(settingsOf(round)));
      // The load goes on through all of it.
      const more = until(
        "messages after a reload",
        () => receivers.every(({ count }, at) => count > before[at]),
      );
      await Promise.race([running, more]);
    }
    for (const publisher of publishers) publisher.isOver = true;
    await within("the last acknowledgement", running);
    await until(
      "the last message",
      () => receivers.every(({ count }, at) => count >= publishers[at].sent),
    );
    assert.deepEqual(closed, [], "nobody was sent off");
    for (const [at, { count, faults }] of receivers.entries()) {
      assert.deepEqual(faults, []);
      assert.equal(count, publishers[at].sent);
    }
    isOver = true;
    await Promise.all(clients.map((client) => client.endAsync()));
    await broker.stop(1000);
    assert.deepEqual(failures, []);
  },
);
