import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { BrokerProcess } from "../support/process.ts";
import { within } from "../support/wait.ts";
import { MqttJsClient } from "../e2e/mqttjs_client.ts";

/** What is asked for; a machine may not allow that many descriptors. */
const WANTED = 10_000;
/** Descriptors for everything else that a process has open. */
const SPARE = 200;

/** The most descriptors this user's processes may raise themselves to. */
function descriptors(): number {
  try {
    const { stdout } = new Deno.Command("sh", { args: ["-c", "ulimit -Hn"] })
      .outputSync();
    const text = new TextDecoder().decode(stdout).trim();
    return text === "unlimited" ? Infinity : Number(text);
  } catch {
    return 1024;
  }
}

const COUNT = Math.min(WANTED, descriptors() - SPARE);
const why = COUNT < WANTED
  ? ` (not ${WANTED}: ulimit -Hn is ${descriptors()})`
  : "";

/** The connections; closed when disposed. Deno raises its own soft limit. */
class Crowd implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  static async gather(port: number, count: number): Promise<Crowd> {
    const script = fileURLToPath(new URL("broker_crowd.ts", import.meta.url));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-net", script, `${port}`, `${count}`],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    const { value } = await within("all to be open", reader.read(), 60_000);
    assert.equal(new TextDecoder().decode(value), "open\n");
    await reader.cancel();
    return new Crowd(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close();
    await this.#child.status;
  }
}

Deno.test(`${COUNT} half-open connections beside a normal client${why}`, async () => {
  await using broker = await BrokerProcess.start({
    // They must stay for the whole test.
    args: ["--set", "limits.connect_timeout=10m"],
  });
  const port = broker.port();
  const connect = (clientId: string) =>
    MqttJsClient.connect({ transport: "tcp", port, version: 4, clientId });
  const early = await connect("early");
  await early.subscribe("t", 1);
  const before = await broker.memory();
  await using _crowd = await Crowd.gather(port, COUNT);
  await early.publish("t", "one who was there before", 1);
  assert.equal((await early.next()).payload, "one who was there before");
  const late = await connect("late");
  await late.publish("t", "one who comes now", 2);
  assert.equal((await early.next()).payload, "one who comes now");
  const each = (await broker.memory() - before) / COUNT;
  assert.ok(each < 20_000, `${each} bytes for each half-open connection`);
  await late.disconnect();
  await early.disconnect();
});
