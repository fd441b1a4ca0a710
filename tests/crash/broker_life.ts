import { fileURLToPath } from "node:url";
import { until } from "./time.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** How long a start or a stop may take on a busy machine, ms. */
const PATIENCE = 60_000;

/** A port that nobody uses now, and that the system gives to nobody else. */
export function freePort(): number {
  // Below the range of ports for connections going out: on one of those, a
  // client that tries while no broker listens can connect to itself.
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ port, hostname: "127.0.0.1" }).close();
      return port;
    } catch {
      continue;
    }
  }
}

/** One life of the broker: a process from its start to its end. */
export class BrokerLife {
  readonly #child: Deno.ChildProcess;
  readonly #readyFile: string;
  readonly #said: Promise<string>;
  /** Ends with the exit code; 137 after SIGKILL. */
  readonly ended: Promise<number>;
  #hasEnded = false;

  /**
   * Starts it on `port`, with `settings` as `--set` takes them; `folder` is
   * for files of the test, and `env` goes beside its own variables.
   */
  constructor(
    port: number,
    settings: readonly string[],
    folder: string,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#readyFile = `${folder}/ready-${crypto.randomUUID()}.json`;
    const sets = settings.flatMap((one) => ["--set", one]);
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--allow-all", "main.ts", "serve", "--port", `${port}`],
        ...["--ready-file", this.#readyFile, ...sets],
      ],
      cwd: root,
      env: {
        ...env,
        DUNLIN_CONFIG: "",
        NO_COLOR: "1",
        XDG_RUNTIME_DIR: folder,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = this.#child.output();
    this.ended = output.then(({ code }) => {
      this.#hasEnded = true;
      return code;
    });
    this.#said = output.then(({ stdout, stderr }) => {
      const text = new TextDecoder();
      return text.decode(stdout) + text.decode(stderr);
    });
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Everything it said; known once it has ended. */
  get said(): Promise<string> {
    return this.#said;
  }

  /** Waits until it accepts connections; throws when it ends instead. */
  async ready(): Promise<void> {
    const isThere = () => {
      try {
        Deno.statSync(this.#readyFile);
        return true;
      } catch {
        return false;
      }
    };
    await until(() => this.#hasEnded || isThere(), PATIENCE);
    if (this.#hasEnded) {
      throw new Error(`the broker ended at its start: ${await this.#said}`);
    }
    if (!isThere()) throw new Error("the broker did not come up");
  }

  /** SIGKILL: nothing of it goes on. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.ended;
  }

  /** SIGSTOP: it stands still, and what is sent to it waits. */
  freeze(): void {
    this.#signal("SIGSTOP");
  }

  /** SIGTERM: it ends in its own time, and must do so without complaint. */
  async stop(): Promise<void> {
    this.#signal("SIGTERM");
    if (!await until(() => this.#hasEnded, PATIENCE)) {
      await this.kill();
      throw new Error(`the broker did not stop: ${await this.#said}`);
    }
    const code = await this.ended;
    if (code !== 0) {
      throw new Error(`the broker stopped with ${code}: ${await this.#said}`);
    }
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!this.#hasEnded && !(error instanceof TypeError)) throw error;
    }
  }
}
