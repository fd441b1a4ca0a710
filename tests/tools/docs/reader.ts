import assert from "node:assert/strict";
import { appears } from "../../support/process.ts";
import { until, within } from "../../support/wait.ts";
import type { Step } from "./blocks.ts";
import { withFreePorts } from "./free_ports.ts";

const root = new URL("../../../", import.meta.url).pathname;

/** The line that `dunlin passwd add passwd ann` writes for "a password". */
const PASSWD = "ann:$argon2id$v=19$m=19456,t=2,p=1$cPvuGj2Qs+GnYFOKvD/Xwg$" +
  "r2W/FTMtPkf3mKg5xw/qmbyPPlhhsrpeidMqOeILGzE\n";

/** A configuration as Debian has it, for `dunlin import`. */
const MOSQUITTO = "listener 1883\npassword_file passwd\npersistence true\n";

/** What all readers have in common. */
export interface Shelf {
  /** Where the runtime keeps what it has downloaded. */
  readonly denoFolder: string;
  /** `npm:mqtt@VERSION`, as the tests use it. */
  readonly mqtt: string;
  /** Settings that a document without any means: those of the README. */
  readonly settings: string;
}

/** A program that runs until it is stopped. */
interface Running {
  readonly child: Deno.ChildProcess;
  /** All it has written so far. */
  text: string;
  readonly ended: Promise<number>;
}

interface RunningBroker extends Running {
  readonly pid: number;
  readonly listeners: readonly { readonly type: string; port: number }[];
}

/**
 * Follows a document in a folder and a home of its own: writes the settings
 * it shows, and runs its commands in order. Only ports are others.
 */
export class Reader implements AsyncDisposable {
  readonly #shelf: Shelf;
  readonly #folder: string;
  #broker: RunningBroker | null = null;
  #subscriber: Running | null = null;

  private constructor(shelf: Shelf, folder: string) {
    this.#shelf = shelf;
    this.#folder = folder;
  }

  /** Makes the folder, with `dunlin` as a command. */
  static async sitDown(shelf: Shelf): Promise<Reader> {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-docs-" });
    await Deno.mkdir(`${folder}/bin`);
    await Deno.mkdir(`${folder}/home`);
    const dunlin = `#!/bin/sh\nexec "${Deno.execPath()}" run -A "${root}` +
      `main.ts" "$@"\n`;
    await Deno.writeTextFile(`${folder}/bin/dunlin`, dunlin, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/mosquitto.conf`, MOSQUITTO);
    return new Reader(shelf, folder);
  }

  /** Runs a command, and compares with what the document says of it. */
  async follow(step: Step): Promise<void> {
    await this.#prepare(step);
    const command = this.#ownWords(step.block.text.trim());
    if (isBroker(command)) await this.#startBroker(command);
    else if (isSubscriber(command)) this.#subscriber = this.#start(command);
    else await this.#run(command, step);
    if (isBroker(command) && step.output !== null) {
      assert.equal(this.#plain(this.#broker!.text), plainPorts(step.output));
    }
    for (const [name, text] of step.files) {
      const found = await Deno.readTextFile(`${this.#folder}/${name}`);
      assert.equal(plainNumbers(found), plainNumbers(text), name);
    }
  }

  /** What the reader has by now: settings, passwords, a broker. */
  async #prepare({ block, settings }: Step): Promise<void> {
    const { text } = block;
    const file = `${this.#folder}/dunlin.toml`;
    if (text.includes("dunlin.toml") && !text.includes("--out dunlin.toml")) {
      const shown = settings ?? await readOr(file, this.#shelf.settings);
      await Deno.writeTextFile(file, withFreePorts(shown));
      const passwd = `${this.#folder}/passwd`;
      await Deno.writeTextFile(passwd, await readOr(passwd, PASSWD));
    }
    if (/^dunlin (store|ca|cert)\b/.test(text) && this.#broker === null) {
      await this.#startBroker("dunlin --port 0");
    }
  }

  /** The command with the names and ports of this machine. */
  #ownWords(command: string): string {
    const port = this.#broker?.listeners.find(({ type }) => type === "tcp")
      ?.port;
    return command
      .replace("/etc/mosquitto/mosquitto.conf", "mosquitto.conf")
      .replace(/\bmain\.ts\b/, `${root}main.ts`)
      .replace("$PWD/", "")
      .replace(/^dunlin$/, "dunlin --port 0")
      .replace("--admin", "--admin --port 0 --set admin.port=0")
      .replace("deno task start", `deno task --cwd ${root} start --port 0`)
      .replace(
        /^npx -y mqtt\b/,
        `deno run -A -c ${root}deno.json --no-lock --cached-only ` +
          this.#shelf.mqtt,
      )
      .replace(/-h 127\.0\.0\.1(?! -p)/, `-h 127.0.0.1 -p ${port}`)
      .replaceAll("http://127.0.0.1:8088/", this.#adminPage ?? "$&");
  }

  /** Address of the admin page, as the start report has it. */
  get #adminPage(): string | undefined {
    return /^ *admin +(http:\S+)$/m.exec(this.#broker?.text ?? "")?.[1];
  }

  async #startBroker(command: string): Promise<void> {
    await this.#stop();
    const ready = `${this.#folder}/harness.json`;
    await Deno.remove(ready).catch(() => {});
    const running = this.#start(`${command} --ready-file ${ready}`);
    assert.ok(await appears(ready, running.ended), running.text);
    const { pid, listeners } = JSON.parse(await Deno.readTextFile(ready));
    this.#broker = Object.assign(running, { pid, listeners });
    await until("the report", () => running.text.includes("Ctrl+C stops it."));
  }

  #start(command: string): Running {
    const child = this.#shell(`exec 2>&1\nexec ${command}`);
    const running: Running = {
      child,
      text: "",
      ended: child.status.then(({ code }) => code),
    };
    this.#listen(running);
    return running;
  }

  async #listen(running: Running): Promise<void> {
    const text = running.child.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of text) running.text += part;
  }

  async #run(
    command: string,
    { output, isMistaken }: Step,
  ): Promise<void> {
    const alias = command.startsWith("alias ");
    const script = alias ? `${command}\ndunlin --version` : command;
    const said = await this.#toItsEnd(script, isMistaken ? 1 : 0);
    if (alias) assert.match(said, /^dunlin \d+\.\d+\.\d+$/m);
    if (output !== null) assert.equal(this.#plain(said), plainPorts(output));
    const payload = / publish .*-m (\w+)$/.exec(command)?.[1];
    const subscriber = this.#subscriber;
    if (payload === undefined || subscriber === null) return;
    // The first one may come before the subscription does.
    while (!subscriber.text.includes(payload)) await this.#toItsEnd(command);
    await end(subscriber, subscriber.child.pid);
    this.#subscriber = null;
  }

  /** Returns all it says; fails when it ends with another code. */
  async #toItsEnd(script: string, expected = 0): Promise<string> {
    const child = this.#shell(`exec 2>&1\nset -e\n${script}`);
    const [{ code }, said] = await within(
      script,
      Promise.all([child.status, new Response(child.stdout).text()]),
    );
    assert.equal(code, expected, said);
    return said;
  }

  #shell(script: string): Deno.ChildProcess {
    const { denoFolder } = this.#shelf;
    return new Deno.Command("sh", {
      args: ["-c", script],
      cwd: this.#folder,
      env: {
        PATH: `${this.#folder}/bin:${Deno.env.get("PATH")}`,
        HOME: `${this.#folder}/home`,
        DENO_DIR: denoFolder,
        NO_COLOR: "1",
        DUNLIN_CONFIG: "",
        ...{ XDG_RUNTIME_DIR: "", XDG_STATE_HOME: "", STATE_DIRECTORY: "" },
      },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  }

  /** Output without what differs from machine to machine. */
  #plain(text: string): string {
    const lines = text.split("\n").filter((line) =>
      !/^(Download|Task|dunlin: using) ?/.test(line) &&
      !/^\d{4}-\d\d-\d\dT/.test(line)
    );
    const plain = lines.join("\n").replaceAll(this.#folder, "/etc/dunlin");
    return plainPorts(plain).trim() + "\n";
  }

  async #stop(): Promise<void> {
    const broker = this.#broker;
    this.#broker = null;
    if (broker === null) return;
    assert.equal(await end(broker, broker.pid), 0, broker.text);
  }

  /** Stops all that still runs, and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    const subscriber = this.#subscriber;
    if (subscriber !== null) await end(subscriber, subscriber.child.pid);
    try {
      await this.#stop();
    } finally {
      await Deno.remove(this.#folder, { recursive: true });
    }
  }
}

const isBroker = (command: string) =>
  /^(dunlin --(admin|config|port)|deno task --cwd \S+ start)\b/.test(command);

const isSubscriber = (command: string) => / subscribe /.test(command);

/** Any port that a document or a start report names. */
function plainPorts(text: string): string {
  return text.replaceAll(/(:\/\/[^/\s]+:|-p )\d+/g, "$1PORT");
}

function plainNumbers(text: string): string {
  return text.replaceAll(/\d{3,}/g, "N").trim();
}

async function end(running: Running, pid: number): Promise<number> {
  try {
    Deno.kill(pid, "SIGTERM");
  } catch {
    // It has ended already.
  }
  return await within("the end", running.ended);
}

async function readOr(path: string, text: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => text);
}
