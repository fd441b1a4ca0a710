import assert from "node:assert/strict";
import { appears } from "../support/process.ts";

const root = new URL("../../", import.meta.url);
const CONNECT = Uint8Array.from(
  [0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0],
);
const CONNACK = [0x20, 2, 0, 0];

interface Ready {
  pid: number;
  listeners: { name: string; type: string; bind: string; port: number }[];
}

/** A running `dunlin`, with what it told in its ready file. */
class Dunlin {
  readonly #child: Deno.ChildProcess;
  readonly #directory: string;
  readonly ready: Ready;

  private constructor(
    child: Deno.ChildProcess,
    directory: string,
    ready: Ready,
  ) {
    this.#child = child;
    this.#directory = directory;
    this.ready = ready;
  }

  /** Resolves once the ready file is there. */
  static async start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Dunlin> {
    const directory = await Deno.makeTempDir();
    const path = `${directory}/ready.json`;
    const child = command([...args, "--ready-file", path], env).spawn();
    if (!await appears(path, child.status)) {
      const { stderr } = await child.output();
      throw new Error(`did not start: ${new TextDecoder().decode(stderr)}`);
    }
    const ready = JSON.parse(await Deno.readTextFile(path));
    return new Dunlin(child, directory, ready);
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for the end; what was written, and the exit code. */
  async end(): Promise<{ code: number; out: string; err: string }> {
    const { code, stdout, stderr } = await this.#child.output();
    await Deno.remove(this.#directory, { recursive: true });
    const decoder = new TextDecoder();
    const err = withoutSlowTurns(decoder.decode(stderr));
    return { code, out: decoder.decode(stdout), err };
  }
}

/** Returns the log without the lines that a busy machine may add. */
function withoutSlowTurns(log: string): string {
  return log.replaceAll(/^.*\bslow-turn\b.*\n/gm, "");
}

function command(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", "main.ts", ...args],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: {
      DUNLIN_CONFIG: "",
      DUNLIN_STORAGE__MODE: "memory",
      NO_COLOR: "1",
      XDG_RUNTIME_DIR: "",
      ...env,
    },
  });
}

/** Connects a 3.1.1 client; the stream is left open. */
async function connect(port: number, hostname = "127.0.0.1") {
  const conn = await Deno.connect({ hostname, port });
  await conn.write(CONNECT);
  const answer = new Uint8Array(4);
  assert.equal(await conn.read(answer), 4);
  assert.deepEqual([...answer], CONNACK);
  return conn;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`serve: ${signal} ends it with 0, and its clients' connections`, async () => {
    const dunlin = await Dunlin.start(["--port", "0"]);
    const [listener] = dunlin.ready.listeners;
    assert.equal(listener.bind, "127.0.0.1");
    assert.notEqual(listener.port, 0);
    const conn = await connect(listener.port);
    dunlin.kill(signal);
    assert.equal(await conn.read(new Uint8Array(1)), null);
    conn.close();
    const { code, out, err } = await dunlin.end();
    assert.equal(code, 0);
    assert.match(out, new RegExp(`mqtt://127.0.0.1:${listener.port}\n`));
    assert.match(out, /\nStopping; once more ends it at once\.\n$/);
    const [came, went, ...others] = err.split("\n");
    assert.match(came, / info {2}connected connection=1 from="127\.0\.0\.1:/);
    assert.match(went, / info {2}disconnected .* reason="shutdown" /);
    assert.deepEqual(others, [""]);
  });
}

Deno.test("serve: a second signal ends it at once, with the signal's code", async () => {
  // The real stop may be over before a second signal can come; this one hangs.
  const module = new URL("src/cli/serve/signals.ts", root).href;
  const script = `
    import { hearSignals } from ${JSON.stringify(module)};
    hearSignals([]).take("stop", (signal) => console.log(signal));
    setInterval(() => {}, 1_000_000);
    console.log("up");
  `;
  for (const [second, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      stdout: "piped",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of lines) {
      if (text === "up\n") child.kill("SIGTERM");
      if (text === "SIGTERM\n") child.kill(second);
    }
    assert.equal((await child.status).code, code);
  }
});

Deno.test("serve: a stop that a second signal cuts short says so, with what it loses", async () => {
  const dunlin = await Dunlin.start(["--port", "0"]);
  const [{ port }] = dunlin.ready.listeners;
  // It subscribes to "t" and reads nothing: the stop waits for its bytes.
  const stuck = await connect(port);
  await stuck.write(Uint8Array.from([0x82, 6, 0, 1, 0, 1, 0x74, 0]));
  assert.equal(await stuck.read(new Uint8Array(5)), 5);
  const sender = await connect(port);
  // 256 KiB each, more in all than the system's buffers hold.
  const message = new Uint8Array(4 + (1 << 18));
  message.set([0x30, 0x80, 0x80, 0x10, 0, 1, 0x74]);
  for (let count = 0; count < 80; count++) {
    for (let at = 0; at < message.length;) {
      at += await sender.write(message.subarray(at));
    }
  }
  await sender.write(Uint8Array.from([0xc0, 0]));
  assert.equal(await sender.read(new Uint8Array(2)), 2);
  dunlin.kill("SIGTERM");
  assert.equal(await sender.read(new Uint8Array(1)), null);
  dunlin.kill("SIGINT");
  const { code, err } = await dunlin.end();
  assert.equal(code, 130, err);
  assert.match(err, /warn {2}stop-cut-short signal="?SIGINT"? unwritten=0\n$/);
  for (const conn of [stuck, sender]) conn.close();
});

Deno.test("serve: all listeners of a file, on their real ports", async () => {
  const file = await Deno.makeTempFile({ suffix: ".toml" });
  await Deno.writeTextFile(
    file,
    `
[[listener]]
port = 0
[[listener]]
name = "six"
bind = "::1"
port = 0
[[listener]]
type = "websocket"
port = 0
[log]
level = "warn"
`,
  );
  const dunlin = await Dunlin.start(["--config", file]);
  const { listeners } = dunlin.ready;
  assert.deepEqual(listeners.map((one) => `${one.name} ${one.type}`), [
    "tcp tcp",
    "six tcp",
    "websocket websocket",
  ]);
  (await connect(listeners[0].port)).close();
  (await connect(listeners[1].port, "::1")).close();
  // Hung up on before the upgrade, the listener would log that.
  const web = new WebSocket(`ws://127.0.0.1:${listeners[2].port}/mqtt`, "mqtt");
  await new Promise((resolve) => web.onopen = resolve);
  const closed = new Promise((resolve) => web.onclose = resolve);
  web.close();
  await closed;
  dunlin.kill("SIGTERM");
  assert.deepEqual(await dunlin.end(), { code: 0, out: "", err: "" });
  await Deno.remove(file);
});

/** Runs `dunlin` to its end. */
async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<[number, string]> {
  const { code, stderr } = await command(args, env).output();
  return [code, new TextDecoder().decode(stderr)];
}

Deno.test("serve: log.format json tells start and stop as events", async () => {
  const dunlin = await Dunlin.start(["--port=0", "--set=log.format=json"]);
  const [{ port }] = dunlin.ready.listeners;
  dunlin.kill("SIGTERM");
  const { code, out, err } = await dunlin.end();
  assert.deepEqual([code, out], [0, ""]);
  const [ready, stopping] = err.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert.equal(ready.event, "ready");
  assert.equal(ready.listeners, `tcp 127.0.0.1 ${port}`);
  assert.deepEqual([stopping.event, stopping.signal], ["stopping", "SIGTERM"]);
});

Deno.test("serve: settings that cannot be used, exit 2 and all mistakes", async () => {
  const [code, err] = await run(["--set", "limts.x=1", "--port", "70000"]);
  assert.equal(code, 2);
  assert.match(err, /did you mean limits\?[^]*70000" is not allowed/);
});

Deno.test("serve: a configuration file that is not there, exit 1", async () => {
  const [code, err] = await run(["--config", "/no/such.toml"]);
  assert.equal(code, 1);
  assert.match(err, /\/no\/such\.toml: there is no such configuration file/);
});

Deno.test("serve: a port that is taken, exit 1 and what to do", async () => {
  const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const [code, err] = await run(["--port", String(other.addr.port)]);
    assert.equal(code, 1);
    assert.match(err, /^dunlin: cannot listen on 127\.0\.0\.1:\d+: another/);
  } finally {
    other.close();
  }
});

Deno.test("serve: log.format json tells why the start failed, with its code", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  const json = ["--set", "log.format=json", "--port"];
  const [code, err] = await run([...json, `${port}`]);
  assert.equal(code, 1);
  const line = JSON.parse(err);
  assert.deepEqual(
    [line.level, line.event, line.code],
    ["error", "start-failed", "address-in-use"],
  );
  assert.match(line.error, /^cannot listen on 127\.0\.0\.1:\d+: another/);
});

Deno.test("serve: a misspelt command or option, exit 2 and a suggestion", async () => {
  for (const args of [["sreve"], ["--prot", "1"]]) {
    const [code, err] = await run(args);
    assert.equal(code, 2);
    assert.match(err, /Did you mean/);
  }
});

/** Variables of a broker that stores in `home`, and of nobody else's. */
function homed(home: string): Record<string, string> {
  return {
    DUNLIN_STORAGE__MODE: "buffered",
    HOME: home,
    XDG_STATE_HOME: "",
    STATE_DIRECTORY: "",
    // The packages stay where they are.
    DENO_DIR: denoDir(),
  };
}

function denoDir(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
    cwd: root,
  }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

Deno.test("serve: tells where it stores; a second one there is refused by name", async () => {
  const home = await Deno.makeTempDir();
  try {
    const env = homed(home);
    const dunlin = await Dunlin.start(["--port", "0"], env);
    const [code, err] = await run(["--port", "0"], env);
    assert.equal(code, 1);
    const holder = `in use by dunlin .*, process ${dunlin.ready.pid}\n`;
    assert.match(err, new RegExp(`^dunlin: the store .*${holder}`));
    assert.match(err, /--set storage\.path=FOLDER/);
    dunlin.kill("SIGTERM");
    const { code: ended, out } = await dunlin.end();
    assert.equal(ended, 0);
    assert.match(out, /storage +buffered, in ~\/\.local\/state\/dunlin\/store/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("serve: a store it cannot use, exit 1, why, and what to do", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const blocked = `${folder}/file`;
    await Deno.writeTextFile(blocked, "no folder");
    const [code, err] = await run([
      "--port=0",
      "--set=storage.mode=durable",
      `--set=storage.path=${blocked}/below`,
    ]);
    assert.equal(code, 1);
    assert.match(err, /^dunlin: the folder of the store cannot be made: /);
    assert.match(err, /--set storage\.mode=memory/);
    assert.doesNotMatch(err, /\.ts:\d/);

    await Deno.writeTextFile(`${folder}/store.kv`, "no store ".repeat(999));
    const [refused, reason] = await run([
      "--port=0",
      "--set=storage.mode=durable",
      `--set=storage.path=${folder}`,
      "--set=storage.on_corruption=refuse",
    ]);
    assert.equal(refused, 1);
    assert.match(reason, /^dunlin: the store .*store\.kv is damaged: /);
    assert.match(reason, /dunlin store restore FILE/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
