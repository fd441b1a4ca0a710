import { ip } from "../e2e/programs.ts";
import { appears, type Ending, Program } from "../support/process.ts";

/** A user that owns nothing on the machine. */
export const OTHER_USER = 47_114;

/** How a program is run: alone, as far as Linux can do that. */
export interface Place {
  /** @default {OTHER_USER} */
  readonly user?: number;
  /** All its variables. @default {} none: no HOME, no PATH */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders that it sees with a file system of its own, by mount's options. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Folders that stay as they are where all others are read-only. */
  readonly writable?: readonly string[];
}

/**
 * Starts a program without network but loopback, without variables, as a user
 * that owns nothing, and with an empty `/tmp`. Needs root.
 */
export function startAlone(
  command: readonly string[],
  { user = OTHER_USER, env = {}, mounts = {}, writable }: Place = {},
): Program {
  const steps = ["set -e", `${ip.command} link set lo up`];
  const all = { "/tmp": "mode=1777", ...mounts };
  for (const [folder, options] of Object.entries(all)) {
    steps.push(`mount -t tmpfs -o ${options} none ${folder}`);
  }
  if (writable !== undefined) {
    for (const one of writable) steps.push(`mount --bind ${one} ${one}`);
    steps.push("mount -o remount,bind,ro /");
  }
  const variables = Object.entries(env).map(([name, value]) =>
    `${name}=${value}`
  );
  const as = `--reuid=${user} --regid=${user} --clear-groups`;
  steps.push(`exec setpriv ${as} env -i "$@"`);
  return new Program(
    new Deno.Command("unshare", {
      args: [
        ...["--net", "--mount", "sh", "-c", steps.join("\n"), "sh"],
        ...[...variables, ...command],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

/** Runs a program alone to its end. */
export async function runAlone(
  command: readonly string[],
  place?: Place,
): Promise<Ending> {
  return await startAlone(command, place).ended;
}

/** A broker that runs alone; ended by `using`. */
export class LoneBroker implements AsyncDisposable {
  readonly program: Program;
  /** Ports of its listeners, in the order of its settings. */
  readonly ports: readonly number[];

  private constructor(program: Program, ports: readonly number[]) {
    this.program = program;
    this.ports = ports;
  }

  /** Starts it with a ready file in `folder`, which its user may write. */
  static async start(
    command: readonly string[],
    folder: string,
    place?: Place,
  ): Promise<LoneBroker> {
    const ready = `${folder}/ready-${crypto.randomUUID()}.json`;
    const program = startAlone([...command, "--ready-file", ready], place);
    if (!await appears(ready, program.ended)) {
      const { code, stdout, stderr } = await program.ended;
      throw new Error(`the broker ended with ${code}:\n${stdout}${stderr}`);
    }
    const { pid, listeners } = JSON.parse(await Deno.readTextFile(ready));
    if (pid !== program.pid) throw new Error(`${pid} is not ${program.pid}`);
    const ports = listeners.map((one: { port: number }) => one.port);
    return new LoneBroker(program, ports);
  }

  /** Runs a command in the broker's network; resolves to its output. */
  async client(command: string, ...args: readonly string[]): Promise<string> {
    const net = `--net=/proc/${this.program.pid}/ns/net`;
    const { success, stdout, stderr } = await new Deno.Command("nsenter", {
      args: [net, command, ...args],
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    if (success) return text.decode(stdout);
    throw new Error(`${command}: ${text.decode(stderr)}\n${this.program.log}`);
  }

  /** Sends a signal; resolves to how the broker ends. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<Ending> {
    this.program.signal(signal);
    return await this.program.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.program.signal("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.program.ended;
  }
}
