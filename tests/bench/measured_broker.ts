import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../../src/cli/service/run_flags.ts";
import { encodeConnect } from "../../src/codec/mod.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A form of the program that is measured. */
export interface Form {
  /** Program and arguments, before those of `serve`. */
  readonly command: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

const sources: Form = {
  command: [Deno.execPath(), "run", "--allow-all", V8_FLAGS, "main.ts"],
};

/**
 * A broker run from its sources, with V8's flags of `deno task start`, and what
 * it costs so far. Linux only: the figures are read from /proc.
 */
export class MeasuredBroker {
  readonly #process: Deno.ChildProcess;
  /** Where it listens. */
  readonly port: number;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Starts it with the settings `path=value`; does not wait for anything. */
  static start(
    settings: readonly string[],
    { command, env }: Form = sources,
  ): MeasuredBroker {
    const port = 20_000 + Deno.pid % 40_000;
    const process = new Deno.Command(command[0], {
      args: [
        ...command.slice(1),
        "serve",
        "--port",
        String(port),
        ...settings.flatMap((setting) => ["--set", setting]),
      ],
      cwd: root,
      env: { DUNLIN_CONFIG: "", ...env },
      stdout: "null",
    }).spawn();
    return new MeasuredBroker(process, port);
  }

  /** CPU seconds of the threads that run now, to the nanosecond. */
  get exactCpu(): number {
    const folder = `/proc/${this.#process.pid}/task`;
    let sum = 0;
    for (const { name } of Deno.readDirSync(folder)) {
      const stat = Deno.readTextFileSync(`${folder}/${name}/schedstat`);
      sum += Number(stat.split(" ")[0]);
    }
    return sum / 1e9;
  }

  /** CPU seconds so far, all threads. */
  get cpu(): number {
    const stat = Deno.readTextFileSync(`/proc/${this.#process.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** MiB of memory now. */
  get memory(): number {
    return this.#mebibytes("VmRSS");
  }

  /** MiB of memory at most. */
  get peak(): number {
    return this.#mebibytes("VmHWM");
  }

  /** Connects as `clientId`, as soon as it is accepted, and sends CONNECT. */
  async connect(clientId: string): Promise<Deno.TcpConn> {
    for (;;) {
      try {
        const conn = await Deno.connect({ port: this.port });
        await conn.write(encodeConnect({
          type: 1,
          version: 4,
          bridge: false,
          clientId,
          cleanStart: false,
          keepAlive: 0,
          username: null,
          password: null,
          will: null,
          properties: {},
        }));
        return conn;
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  /** Stops it, and waits for its end. */
  async stop(): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch (error) {
      // It has ended, and has said why.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#process.status;
  }

  #mebibytes(name: string): number {
    const status = Deno.readTextFileSync(`/proc/${this.#process.pid}/status`);
    return Number(status.match(`${name}:\\s+(\\d+)`)![1]) / 1024;
  }
}
