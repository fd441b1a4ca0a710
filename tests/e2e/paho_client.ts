import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Inbox, within } from "../support/wait.ts";
import type { Client, ClientOptions, Received } from "./client.ts";
import { paho } from "./programs.ts";

const script = fileURLToPath(new URL("paho_client.py", import.meta.url));

type Event =
  | { event: "connected"; code: number; sessionPresent: boolean }
  | { event: "subscribed"; granted: number[] }
  | { event: "unsubscribed" | "published" | "closed" }
  | { event: "message" } & Received;

/** Eclipse Paho for Python, in a process of its own for each client. */
export class PahoClient implements Client {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers = new Inbox<Event>("an answer of Paho");
  readonly #messages = new Inbox<Received>("a message for Paho");
  readonly #ended: Promise<void>;
  readonly closed: Promise<void>;
  #close: () => void = () => {};
  sessionPresent = false;

  private constructor() {
    this.#child = new Deno.Command(paho.command!, {
      args: [script],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.closed = new Promise((resolve) => this.#close = resolve);
    this.#ended = this.#read();
  }

  /** Starts the process and connects. */
  static async connect(options: ClientOptions): Promise<PahoClient> {
    const client = new PahoClient();
    try {
      await client.#tell("connect", {
        clean: true,
        ...options,
        transport: options.transport === "tcp" ? "tcp" : "websockets",
      });
      const { code, sessionPresent } = await client.#answer("connected");
      assert.equal(code, 0, "Paho was refused");
      client.sessionPresent = sessionPresent;
      return client;
    } catch (error) {
      await client.kill();
      throw error;
    }
  }

  async #read(): Promise<void> {
    const text = new TextDecoder();
    let rest = "";
    for await (const bytes of this.#child.stdout) {
      const lines = (rest + text.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(JSON.parse(line));
    }
    await this.#child.status;
    this.#close();
  }

  #take(event: Event): void {
    if (event.event === "message") {
      const { topic, payload, qos, retain } = event;
      this.#messages.push({ topic, payload, qos, retain });
    } else if (event.event === "closed") this.#close();
    else this.#answers.push(event);
  }

  async #tell(command: string, more: object = {}): Promise<void> {
    const line = JSON.stringify({ command, ...more }) + "\n";
    await this.#writer.write(new TextEncoder().encode(line));
  }

  async #answer<Name extends Event["event"]>(
    name: Name,
  ): Promise<Extract<Event, { event: Name }>> {
    const event = await this.#answers.next();
    assert.equal(event.event, name);
    return event as Extract<Event, { event: Name }>;
  }

  async subscribe(filter: string, qos: 0 | 1 | 2): Promise<void> {
    await this.#tell("subscribe", { filter, qos });
    assert.deepEqual((await this.#answer("subscribed")).granted, [qos]);
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#tell("unsubscribe", { filter });
    await this.#answer("unsubscribed");
  }

  async publish(
    topic: string,
    payload: string,
    qos: 0 | 1 | 2,
    retain = false,
  ): Promise<void> {
    await this.#tell("publish", { topic, payload, qos, retain });
    await this.#answer("published");
  }

  next(): Promise<Received> {
    return this.#messages.next();
  }

  async disconnect(): Promise<void> {
    await this.#tell("disconnect");
    await within("Paho to close", this.closed);
    await this.#writer.close();
    await this.#ended;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
    await this.#writer.close().catch(() => {});
  }
}
