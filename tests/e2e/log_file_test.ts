import assert from "node:assert/strict";
import { Talker } from "../crash/talker.ts";
import { BrokerProcess } from "../support/process.ts";
import { until, within } from "../support/wait.ts";
import { logrotate, testWith } from "./programs.ts";

/** A broker with a configuration and a log file in a folder of its own. */
class Logging implements AsyncDisposable {
  readonly folder: string;
  readonly broker: BrokerProcess;

  private constructor(folder: string, broker: BrokerProcess) {
    this.folder = folder;
    this.broker = broker;
  }

  /** Starts one; "@" in the settings is the folder. */
  static async start(settings: string): Promise<Logging> {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
    await Deno.mkdir(`${folder}/logs`);
    await configure(folder, settings);
    const args = ["--config", `${folder}/dunlin.toml`];
    return new Logging(folder, await BrokerProcess.start({ args }));
  }

  /** Writes other settings, which the broker applies by itself. */
  async write(settings: string): Promise<void> {
    await configure(this.folder, settings);
  }

  /** Connects and disconnects a client: two lines at level info. */
  async visit(clientId: string): Promise<void> {
    const { talker } = await Talker.connect(
      this.broker.port(),
      5,
      clientId,
      true,
    );
    await talker.close();
  }

  /** All lines of a file below `logs`; none while it does not exist. */
  async lines(name = "dunlin.log"): Promise<string[]> {
    const path = `${this.folder}/logs/${name}`;
    const text = name.endsWith(".gz")
      ? await unpacked(path)
      : await Deno.readTextFile(path).catch(() => "");
    return text.split("\n").slice(0, -1);
  }

  /** Resolves once a file has a line that matches. */
  async logged(pattern: RegExp, name = "dunlin.log"): Promise<void> {
    await until(
      `${pattern} in ${name}`,
      async () => (await this.lines(name)).some((line) => pattern.test(line)),
    );
  }

  /** Stops it; resolves to all that it wrote to its streams. */
  async stop() {
    this.broker.signal("SIGTERM");
    const ending = await within("the exit", this.broker.ended);
    assert.equal(ending.code, 0, ending.stderr);
    return ending;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function configure(folder: string, settings: string): Promise<void> {
  const path = `${folder}/dunlin.toml`;
  await Deno.writeTextFile(`${path}.new`, settings.replaceAll("@", folder));
  await Deno.rename(`${path}.new`, path);
}

async function unpacked(path: string): Promise<string> {
  const file = await Deno.open(path);
  const text = file.readable.pipeThrough(new DecompressionStream("gzip"));
  return await new Response(text).text();
}

/** A busy machine has slow turns at any time, which is not what is counted. */
const NO_SLOW_TURNS = 'categories = { performance = "error" }\n';

const TO_FILE = '[log]\nfile = "@/logs/dunlin.log"\n';

Deno.test("log file: it has the whole log, and the streams have what is for a person", async () => {
  await using logging = await Logging.start(TO_FILE + NO_SLOW_TURNS);
  await logging.visit("first");
  await logging.logged(/ disconnected /);
  const { stdout, stderr } = await logging.stop();
  assert.match(stdout, /^Dunlin .* is ready[^]*Stopping; once more ends it/);
  assert.equal(stderr, "");
  const events = (await logging.lines()).map((line) => line.split(/\s+/)[2]);
  assert.deepEqual(events, ["ready", "connected", "disconnected", "stopping"]);
});

Deno.test("log file: a reload moves the log to another file, and back to standard error", async () => {
  await using logging = await Logging.start(TO_FILE);
  await logging.visit("one");
  await logging.write('[log]\nfile = "@/logs/other.log"\nformat = "json"\n');
  await logging.logged(/"event":"reloaded"/, "other.log");
  await logging.visit("two");
  await logging.logged(/"event":"disconnected".*"client":"two"/, "other.log");
  await logging.write("");
  await until("the reload", () => / reloaded /.test(logging.broker.log));
  await logging.visit("three");
  const { stderr } = await logging.stop();
  assert.match(stderr, /disconnected .*client="three"/);
  const first = await logging.lines();
  assert.ok(first.some((line) => /client="one"/.test(line)));
  assert.ok(!first.some((line) => /client="two"/.test(line)));
  const second = await logging.lines("other.log");
  assert.ok(second.every((line) => JSON.parse(line).level === "info"));
  assert.ok(!second.some((line) => /three/.test(line)));
});

Deno.test("log file: the level of a category changes by reload", async () => {
  const quiet = `${TO_FILE}categories = { connections = "error" }\n`;
  await using logging = await Logging.start(quiet);
  await logging.visit("unseen");
  await logging.write(`${TO_FILE}[log.categories]\nsettings = "warn"\n`);
  await until("the new level", async () => {
    await logging.visit("seen");
    return (await logging.lines()).some((line) => /client="seen"/.test(line));
  });
  await logging.stop();
  const text = (await logging.lines()).join("\n");
  assert.doesNotMatch(text, /unseen/);
  assert.doesNotMatch(text, /reloaded|changed/);
  assert.match(text, /ready/);
});

Deno.test("log file: SIGHUP opens a renamed file anew", async () => {
  await using logging = await Logging.start(TO_FILE);
  const path = `${logging.folder}/logs/dunlin.log`;
  await logging.logged(/ ready /);
  await Deno.rename(path, `${path}.1`);
  await logging.visit("before");
  await logging.logged(/client="before"/, "dunlin.log.1");
  logging.broker.signal("SIGHUP");
  await logging.logged(/ reloaded /);
  await logging.visit("after");
  await logging.logged(/client="after"/);
  await logging.stop();
});

testWith(
  [logrotate],
  "log file: logrotate renames it with the package's own configuration, and no line is lost or twice",
  async () => {
    await using logging = await Logging.start(TO_FILE);
    const { folder, broker } = logging;
    const packaged = await Deno.readTextFile(
      new URL("../../packaging/deb/logrotate", import.meta.url),
    );
    const ours = packaged
      .replace("/var/log/dunlin/*.log", `${folder}/logs/*.log`)
      .replace("create 0640 dunlin dunlin", "create 0640")
      .replace("systemctl reload dunlin.service", `kill -HUP ${broker.pid}`);
    assert.doesNotMatch(ours.replace(/^#.*$/gm, ""), /var\/log|systemctl/);
    await Deno.writeTextFile(`${folder}/logrotate.conf`, ours);
    const rotate = async () => {
      const { success, stderr } = await new Deno.Command(logrotate.command!, {
        args: ["--force", "-s", `${folder}/state`, `${folder}/logrotate.conf`],
      }).output();
      const text = new TextDecoder().decode(stderr);
      assert.ok(success && !/error/.test(text), text);
    };
    const clients = Array.from({ length: 60 }, (_, at) => `c${at}`);
    for (let round = 0; round < 3; round++) {
      // logrotate leaves empty files alone.
      await logging.logged(/./);
      const rotated = rotate();
      for (const client of clients.slice(20 * round, 20 * round + 20)) {
        await logging.visit(client);
      }
      await rotated;
    }
    const names = () =>
      [...Deno.readDirSync(`${folder}/logs`)].map(({ name }) => name).sort();
    const all = async () =>
      (await Promise.all(names().map((name) => logging.lines(name)))).flat();
    await logging.stop();
    assert.deepEqual(names(), [
      "dunlin.log",
      "dunlin.log.1",
      "dunlin.log.2.gz",
      "dunlin.log.3.gz",
    ]);
    const left = (await all()).filter((line) => / disconnected /.test(line));
    assert.deepEqual(
      left.map((line) => /client="(\w+)"/.exec(line)![1]).sort(),
      clients.sort(),
    );
    assert.match((await logging.lines()).join("\n"), / stopping /);
  },
);

Deno.test("log file: a missing folder drops lines, which standard error reports; once it exists the file says how many", async () => {
  const settings = '[log]\nfile = "@/logs/none/dunlin.log"\nformat = "json"\n' +
    NO_SLOW_TURNS;
  await using logging = await Logging.start(settings);
  const reports = () =>
    logging.broker.log.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  await until("the report", () => reports().length === 1);
  for (const client of ["a", "b", "c"]) await logging.visit(client);
  await Deno.mkdir(`${logging.folder}/logs/none`);
  await logging.logged(/"event":"log-gap"/, "none/dunlin.log");
  await logging.visit("d");
  await logging.stop();
  const [trouble, recovered, ...others] = reports();
  assert.deepEqual(others, []);
  assert.equal(trouble.code, "log-file-failing");
  assert.equal(trouble.where, `log ${logging.folder}/logs/none/dunlin.log`);
  assert.match(trouble.error, /No such file.*log lines are dropped until/);
  assert.equal(recovered.event, "recovered");
  const lines = (await logging.lines("none/dunlin.log"))
    .map((line) => JSON.parse(line));
  const gap = lines.find(({ event }) => event === "log-gap");
  // "ready", six lines of three clients, and perhaps some of the next one.
  assert.ok(gap.lines >= 7, `${gap.lines}`);
  assert.equal(lines.length - 1 + gap.lines, 10);
});

Deno.test("log file: a pipe that nobody reads holds up neither the broker nor its stop", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  const path = `${folder}/pipe`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  {
    // Nothing opens it to read: opening it for writing waits for ever.
    await using logging = await Logging.start(`[log]\nfile = "${path}"\n`);
    await within("a client", logging.visit("here"));
    await logging.stop();
  }
  {
    using reader = await Deno.open(path, { read: true, write: true });
    await using logging = await Logging.start(
      `[log]\nfile = "${path}"\nlevel = "debug"\n`,
    );
    // Two lines each: together more than a pipe holds (64 KiB).
    for (let at = 0; at < 300; at++) await logging.visit(`client ${at}`);
    await logging.stop();
    assert.ok(reader.readSync(new Uint8Array(1)) === 1);
  }
  await Deno.remove(folder, { recursive: true });
});
