import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { until } from "./wait.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** How a broker is to be started. */
export interface BrokerProcessOptions {
  /** Arguments behind `serve --ready-file PATH`. */
  readonly args?: readonly string[];
  /** Text of a configuration file. Without one: a free port on 127.0.0.1. */
  readonly config?: string;
  /**
   * Variables beside those of this process. Nothing is stored unless
   * `DUNLIN_STORAGE__MODE` here, or `--set storage.mode=...` in `args`, says so.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Where a shell leads its output instead: `>/dev/full 2>&1`. */
  readonly redirect?: string;
  /** Options of the runtime beside its permissions. */
  readonly runtime?: readonly string[];
}

/** How a process ended, and all it said. */
export interface Ending {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A listener as the ready file tells of it. */
export interface ReadyListener {
  readonly name: string;
  readonly type: string;
  readonly bind: string;
  readonly port: number;
}

/** The program itself, run to its end; `args` as on the command line. */
export async function runDunlin(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  redirect?: string,
): Promise<Ending> {
  return await new Program(spawn(args, env, redirect)).ended;
}

function spawn(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  redirect = "",
  runtime: readonly string[] = [],
): Deno.ChildProcess {
  const allowed = ["run", "--allow-all", ...runtime, "main.ts"];
  const command = [Deno.execPath(), ...allowed, ...args];
  // `exec`: the process that is started is the one that gets the signals.
  const shell = ["sh", "-c", `exec "$0" "$@" ${redirect}`];
  const [program, ...rest] = redirect === "" ? command : [...shell, ...command];
  return new Deno.Command(program, {
    args: rest,
    cwd: root,
    // What the machine of the tests is set to is not what they test, and what
    // its user stores is not theirs to touch.
    env: {
      DUNLIN_CONFIG: "",
      DUNLIN_STORAGE__MODE: "memory",
      NO_COLOR: "1",
      // Brokers of tests are not those that the user's commands look for.
      XDG_RUNTIME_DIR: "",
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A program that was started. */
export class Program {
  readonly #child: Deno.ChildProcess;
  /** All it has written to standard error so far. */
  log = "";
  /** How it ended; resolves when it has. */
  readonly ended: Promise<Ending>;

  /** `child` has its output piped, and nothing else reads it. */
  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.ended = this.#end();
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal. */
  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  async #end(): Promise<Ending> {
    const [{ code }, stdout] = await Promise.all([
      this.#child.status,
      new Response(this.#child.stdout).text(),
      this.#listen(),
    ]);
    return { code, stdout, stderr: this.log };
  }

  async #listen(): Promise<void> {
    const text = this.#child.stderr.pipeThrough(new TextDecoderStream());
    for await (const part of text) this.log += part;
  }
}

/** Starts the program itself; `args` as on the command line. */
export function spawnDunlin(args: readonly string[]): Program {
  return new Program(spawn(args));
}

/** The broker as its users start it: a process of its own, on real sockets. */
export class BrokerProcess implements AsyncDisposable {
  readonly #program: Program;
  readonly #folder: string;
  /** As in the ready file, in the order of the configuration. */
  readonly listeners: readonly ReadyListener[];

  private constructor(
    program: Program,
    folder: string,
    listeners: readonly ReadyListener[],
  ) {
    this.#program = program;
    this.#folder = folder;
    this.listeners = listeners;
  }

  /** Starts one; resolves once all listeners accept. */
  static async start(
    options: BrokerProcessOptions = {},
  ): Promise<BrokerProcess> {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
    const readyFile = `${folder}/ready.json`;
    const args = ["serve", "--ready-file", readyFile, ...options.args ?? []];
    if (options.config === undefined) args.push("--port", "0");
    else {
      await Deno.writeTextFile(`${folder}/dunlin.toml`, options.config);
      args.push("--config", `${folder}/dunlin.toml`);
    }
    const env = { XDG_RUNTIME_DIR: folder, ...options.env };
    const program = new Program(
      spawn(args, env, options.redirect, options.runtime),
    );
    if (!await appears(readyFile, program.ended)) {
      const { code, stdout, stderr } = await program.ended;
      throw new Error(`the broker ended with ${code}:\n${stdout}${stderr}`);
    }
    const ready = JSON.parse(await Deno.readTextFile(readyFile));
    assert.equal(
      ready.pid,
      program.pid,
      "the ready file names another process",
    );
    return new BrokerProcess(program, folder, ready.listeners);
  }

  /** Process id. */
  get pid(): number {
    return this.#program.pid;
  }

  /** How it ended; resolves when it has. */
  get ended(): Promise<Ending> {
    return this.#program.ended;
  }

  /** All it has written to standard error so far. */
  get log(): string {
    return this.#program.log;
  }

  /** The port of the listener with this name; the first one's without. */
  port(name?: string): number {
    const listener = name === undefined
      ? this.listeners[0]
      : this.listeners.find((one) => one.name === name);
    assert.ok(listener, `no listener ${name}`);
    return listener.port;
  }

  /** What the ready file tells by now: listeners may have come and gone. */
  async readReady(): Promise<readonly ReadyListener[]> {
    const text = await Deno.readTextFile(`${this.#folder}/ready.json`);
    return JSON.parse(text).listeners;
  }

  /** Resident memory in bytes. Linux only. */
  async memory(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.pid}/status`);
    return Number(/VmRSS:\s*(\d+) kB/.exec(status)![1]) * 1024;
  }

  /** Sends a signal. */
  signal(name: Deno.Signal): void {
    this.#program.signal(name);
  }

  /** Ends it if it still runs, and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#program.signal("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.ended;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/**
 * Resolves to true once the ready file at `path` is there, whole, as it is
 * renamed into place; to false when the program has `ended` without it.
 */
export async function appears(
  path: string,
  ended: Promise<unknown>,
): Promise<boolean> {
  let isThere = false;
  let hasEnded = false;
  ended.then(() => hasEnded = true);
  // Looks, no events: the runtime drops those of a watcher that lags behind.
  await until("the ready file", async () => {
    isThere = await Deno.stat(path).then(() => true, () => false);
    return isThere || hasEnded;
  });
  return isThere;
}
