import { Inbox, within } from "../support/wait.ts";
import type { Received, Version } from "./client.ts";
import { versionNames } from "./matrix.ts";
import { mosquittoClients } from "./programs.ts";

const protocols = { 3: "mqttv31", 4: "mqttv311", 5: "mqttv5" } as const;

function common(port: number, version: Version): string[] {
  return ["-h", "127.0.0.1", "-p", `${port}`, "-V", protocols[version]];
}

/** Runs `mosquitto_pub`; rejects with what it says when it fails. */
export async function mosquittoPub(
  port: number,
  version: Version,
  args: readonly string[],
): Promise<void> {
  const { success, stderr } = await new Deno.Command(
    mosquittoClients.command!,
    {
      args: [...common(port, version), ...args],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    },
  ).output();
  if (success) return;
  const said = new TextDecoder().decode(stderr);
  throw new Error(`mosquitto_pub, ${versionNames[version]}: ${said}`);
}

/** `mosquitto_sub`, running until it is killed. */
export class MosquittoSub implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #messages = new Inbox<Received>("a message for mosquitto_sub");
  readonly #ended: Promise<void>;
  readonly #subscribed = Promise.withResolvers<void>();

  private constructor(args: readonly string[]) {
    // Unbuffered by stdbuf: else nothing comes before its buffer is full.
    this.#child = new Deno.Command("stdbuf", {
      args: ["-oL", "mosquitto_sub", ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#ended = this.#read();
  }

  /** Starts it; resolves when its subscription has been granted. */
  static async start(
    port: number,
    version: Version,
    args: readonly string[],
  ): Promise<MosquittoSub> {
    const format = "message %q %r %t %p";
    const all = [...common(port, version), "-d", "-F", format, ...args];
    const subscriber = new MosquittoSub(all);
    try {
      await within(
        "mosquitto_sub to be subscribed",
        subscriber.#subscribed.promise,
      );
    } catch (error) {
      await subscriber.kill();
      throw error;
    }
    return subscriber;
  }

  async #read(): Promise<void> {
    let rest = "";
    const text = new TextDecoder();
    for await (const bytes of this.#child.stdout) {
      const lines = (rest + text.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(line);
    }
    await this.#child.status;
    this.#subscribed.reject(new Error("mosquitto_sub has ended"));
  }

  #take(line: string): void {
    if (line.startsWith("Subscribed (")) this.#subscribed.resolve();
    const match = /^message (\d) (\d) (\S+) (.*)$/.exec(line);
    if (match === null) return;
    this.#messages.push({
      qos: Number(match[1]),
      retain: match[2] === "1",
      topic: match[3],
      payload: match[4],
    });
  }

  /** The next message; payloads are of one line. */
  next(): Promise<Received> {
    return this.#messages.next();
  }

  /** Kills it: no DISCONNECT is sent. */
  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
