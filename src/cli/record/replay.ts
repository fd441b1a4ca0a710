import type { Clock } from "../../clock/mod.ts";
import { ClientError, type MqttClient } from "../../client/mod.ts";
import { validateTopicName } from "../../mqtt/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { counted } from "../console/figures.ts";
import type { Output } from "../console/output.ts";
import { linesOf } from "../running/lines_of.ts";
import { Progress } from "../terminal/progress.ts";
import { connectClient } from "./connect_options.ts";
import type { ReplayOptions } from "./record_program.ts";
import { type ReadRecord, readRecord } from "./recorded_message.ts";

/**
 * Runs `dunlin replay`. `onInterrupt` calls its argument when the user ends the
 * command. Resolves to the exit code: 1 when the broker refuses a message.
 */
export async function replay(
  file: string,
  options: ReplayOptions,
  output: Output,
  clock: Clock,
  onInterrupt: (end: () => void) => void,
): Promise<0 | 1> {
  try {
    const speed = speedOf(options.speed);
    const prefix = prefixOf(options);
    const source = await Source.open(file);
    const client = await connectClient(options, "replay", clock);
    const replaying = new Replaying(client, clock, speed, prefix, options);
    onInterrupt(() => replaying.stop());
    const progress = output.steer === undefined ? null : new Progress(
      "replaying",
      () => Promise.resolve(source.part),
      clock,
      output.steer,
    );
    try {
      for await (const record of source.records()) {
        if (!await replaying.publish(record)) break;
      }
      await client.acknowledged();
    } finally {
      progress?.end();
      await client.close();
    }
    const why = await client.closed;
    if (why !== null) throw why;
    output.err(replaying.summary());
    return replaying.refused === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ClientError)) {
      throw error;
    }
    output.err(`dunlin: ${error.message}\n`);
    return 1;
  }
}

function speedOf(text: string): number {
  if (text === "max") return Infinity;
  const match = /^(\d+(?:\.\d+)?)x?$/.exec(text);
  const speed = match === null ? 0 : Number(match[1]);
  if (speed > 0) return speed;
  throw new CommandError(
    `--speed ${text}: give a factor, as 2x or 0.5x, or max`,
  );
}

function prefixOf({ topicPrefix = "" }: ReplayOptions): string {
  const fault = topicPrefix === "" ? null : validateTopicName(topicPrefix);
  if (fault === null) return topicPrefix;
  throw new CommandError(`--topic-prefix ${topicPrefix}: ${fault}`);
}

/** The file of a recording, while it is read. */
class Source {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #size: number;
  #read = 0;

  private constructor(path: string, file: Deno.FsFile, size: number) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
  }

  static async open(path: string): Promise<Source> {
    try {
      const file = await Deno.open(path);
      return new Source(path, file, (await file.stat()).size);
    } catch (error) {
      const why = error instanceof Deno.errors.NotFound
        ? "there is no such file"
        : `it cannot be read: ${(error as Error).message}`;
      throw new CommandError(`${path}: ${why}`, error);
    }
  }

  /** The part that is read, from 0 to 1. */
  get part(): number {
    return this.#size === 0 ? 1 : this.#read / this.#size;
  }

  /** Yields the messages; throws `CommandError` with the line of a mistake. */
  async *records(): AsyncGenerator<ReadRecord> {
    let number = 0;
    for await (const line of linesOf(this.#file.readable)) {
      number++;
      this.#read += line.length + 1;
      if (line.trim() === "") continue;
      const record = readRecord(line);
      if (typeof record === "string") {
        throw new CommandError(`${this.#path}:${number}: ${record}`);
      }
      yield record;
    }
  }
}

/** Publishes recorded messages at their time. */
class Replaying {
  readonly #client: MqttClient;
  readonly #clock: Clock;
  readonly #speed: number;
  readonly #prefix: string;
  readonly #retains: boolean;
  readonly #began: number;
  readonly #stopped = Promise.withResolvers<void>();
  #isStopped = false;
  /** Time of the first message; null before. */
  #first: number | null = null;
  #count = 0;
  /** Messages that the broker refused. */
  refused = 0;

  constructor(
    client: MqttClient,
    clock: Clock,
    speed: number,
    prefix: string,
    { retain }: ReplayOptions,
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#speed = speed;
    this.#prefix = prefix;
    this.#retains = retain && client.retainAvailable;
    this.#began = clock.now();
  }

  /** Sends no more. */
  stop(): void {
    this.#isStopped = true;
    this.#stopped.resolve();
  }

  /** Publishes a message when its time has come; false once it was stopped. */
  async publish({ date, message }: ReadRecord): Promise<boolean> {
    this.#first ??= date;
    const due = this.#began + (date - this.#first) / this.#speed;
    const wait = due - this.#clock.now();
    if (wait > 0) await this.#rest(wait);
    if (this.#isStopped) return false;
    const { qos, retain } = message;
    await this.#client.publish({
      ...message,
      topic: this.#prefix + message.topic,
      qos: Math.min(qos, this.#client.maximumQos) as 0 | 1 | 2,
      retain: retain && this.#retains,
    }, (code) => {
      if (code >= 0x80) this.refused++;
    });
    this.#count++;
    return true;
  }

  async #rest(ms: number): Promise<void> {
    const waited = Promise.withResolvers<void>();
    const cancel = this.#clock.after(ms, waited.resolve);
    const ended = [this.#stopped.promise, this.#client.closed];
    await Promise.race([waited.promise, ...ended]);
    cancel();
  }

  /** Returns the last line for people. */
  summary(): string {
    const seconds = (this.#clock.now() - this.#began) / 1000;
    const refused = this.refused === 0
      ? ""
      : `, ${this.refused} of them refused by the broker`;
    const what = counted(this.#count, "message");
    return `dunlin: ${what} replayed in ${seconds.toFixed(1)} s${refused}\n`;
  }
}
