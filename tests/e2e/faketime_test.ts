import assert from "node:assert/strict";
import { BrokerProcess } from "../support/process.ts";
import { until, within } from "../support/wait.ts";
import { connectMqttJs, urlOf } from "./mqttjs_client.ts";
import { faketime, testWith } from "./programs.ts";

// A broker of its own process whose calendar is set while it runs, is killed,
// and stopped. Its monotonic clock and the machine's uptime stay the true ones.

const DAY = 86_400;
const EXPIRY = 10 * DAY;

/** A machine whose calendar can be set. */
class Calendar implements AsyncDisposable {
  readonly #folder: string;
  readonly #library: string;

  private constructor(folder: string, library: string) {
    this.#folder = folder;
    this.#library = library;
  }

  static async open(): Promise<Calendar> {
    const { stdout } = await new Deno.Command(faketime.command!, {
      args: ["-f", "+0", "printenv", "LD_PRELOAD"],
    }).output();
    const library = new TextDecoder().decode(stdout).trim();
    assert.match(library, /libfaketime/);
    return new Calendar(await Deno.makeTempDir(), library);
  }

  /** Shows a date that is off by `seconds` from now on. */
  async set(seconds: number): Promise<void> {
    const sign = seconds < 0 ? "-" : "+";
    const file = `${this.#folder}/offset`;
    await Deno.writeTextFile(`${file}.new`, `${sign}${Math.abs(seconds)}\n`);
    await Deno.rename(`${file}.new`, file);
  }

  start(): Promise<BrokerProcess> {
    return BrokerProcess.start({
      args: ["--set", "storage.mode=durable"],
      env: {
        DUNLIN_STORAGE__PATH: `${this.#folder}/store.kv`,
        LD_PRELOAD: this.#library,
        FAKETIME_TIMESTAMP_FILE: `${this.#folder}/offset`,
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        DONT_FAKE_MONOTONIC: "1",
        NO_FAKE_STAT: "1",
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function connect(broker: BrokerProcess, clientId: string) {
  return connectMqttJs(urlOf("tcp", broker.port()), {
    ...{ protocolVersion: 5, clientId, clean: false },
    properties: { sessionExpiryInterval: EXPIRY },
  });
}

async function retain(broker: BrokerProcess, topic: string): Promise<void> {
  const client = await connect(broker, "sender");
  await client.publishAsync(topic, "kept", {
    ...{ qos: 1, retain: true },
    properties: { messageExpiryInterval: EXPIRY },
  });
  await client.endAsync();
}

/** What is left of the expiry of the retained messages, seconds by topic. */
async function left(
  broker: BrokerProcess,
  count: number,
): Promise<Map<string, number>> {
  const client = await connect(broker, "reader");
  const expiries = new Map<string, number>();
  client.on("message", (topic, _payload, { properties }) => {
    expiries.set(topic, properties?.messageExpiryInterval ?? -1);
  });
  await client.subscribeAsync("kept/#");
  await until("the retained messages", () => expiries.size === count);
  await client.endAsync();
  return expiries;
}

testWith(
  [faketime],
  "clock: a broker that starts in 1970, is set, killed, set back and stopped counts what truly passes",
  async () => {
    const began = performance.now();
    /** Nothing has grown, and nothing lost more than the test took. */
    const assertTrue = (expiries: Map<string, number>) => {
      const passed = Math.ceil((performance.now() - began) / 1000) + 1;
      for (const [topic, seconds] of expiries) {
        const isTrue = seconds <= EXPIRY && seconds >= EXPIRY - passed;
        assert.ok(isTrue, `${topic}: ${seconds} s of ${EXPIRY} are left`);
      }
    };
    await using calendar = await Calendar.open();
    const epoch = Math.floor(Date.now() / 1000);
    await calendar.set(DAY - epoch);
    {
      await using broker = await calendar.start();
      await retain(broker, "kept/1970");
      await until("a line of 1970", () => /^1970-01-02T/m.test(broker.log));
      await calendar.set(0);
      await retain(broker, "kept/now");
      assertTrue(await left(broker, 2));
      const year = new Date().getUTCFullYear();
      await until(
        "a line that tells of it",
        () =>
          new RegExp(
            `^${year}-.*calendar-set .*the calendar was set forward by`,
            "m",
          )
            .test(broker.log),
      );
    }
    // It was killed. The calendar is behind, then far ahead, then unset again.
    for (const [at, seconds] of [-3600, 400 * DAY, DAY - epoch, 0].entries()) {
      await calendar.set(seconds);
      await using broker = await calendar.start();
      assertTrue(await left(broker, 2 + at));
      await retain(broker, `kept/${at}`);
      broker.signal("SIGTERM");
      assert.equal((await within("the exit", broker.ended)).code, 0);
    }
  },
);
