import type { Clock } from "../../clock/mod.ts";
import { ClientError, type ClientMessage } from "../../client/mod.ts";
import { parseDuration } from "../../config/mod.ts";
import { parseFilter, type SubscriptionRequest } from "../../mqtt/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { counted } from "../console/figures.ts";
import type { Output } from "../console/output.ts";
import { refuseToReplace } from "../console/refuse_to_replace.ts";
import { Progress } from "../terminal/progress.ts";
import { connectClient } from "./connect_options.ts";
import type { RecordOptions } from "./record_program.ts";
import { recordOf } from "./recorded_message.ts";

/**
 * Runs `dunlin record`. `onInterrupt` calls its argument when the user ends the
 * command. Resolves to the exit code: 0 when it ended as it was meant to.
 */
export async function record(
  file: string,
  filters: readonly string[],
  options: RecordOptions,
  output: Output,
  clock: Clock,
  onInterrupt: (end: () => void) => void,
): Promise<0 | 1> {
  try {
    const requests = requestsOf(filters, options);
    const bounds = boundsOf(options);
    const recording = await Recording.open(file, options.force, output, clock);
    const progress = output.steer === undefined ? null : new Progress(
      () => `recording: ${counted(recording.count, "message")},`,
      null,
      clock,
      output.steer,
    );
    try {
      await follow(recording, requests, bounds, options, clock, onInterrupt);
    } finally {
      progress?.end();
      recording.close();
      output.err(`dunlin: ${counted(recording.count, "message")} recorded\n`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ClientError)) {
      throw error;
    }
    output.err(`dunlin: ${error.message}\n`);
    return 1;
  }
}

/** Records until the user, the bounds or the broker end it. */
async function follow(
  recording: Recording,
  requests: readonly SubscriptionRequest[],
  { duration, most }: Bounds,
  options: RecordOptions,
  clock: Clock,
  onInterrupt: (end: () => void) => void,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const client = await connectClient(options, "record", clock, (message) => {
    if (recording.count >= most) return;
    try {
      recording.add(message);
    } catch (error) {
      ended.reject(error);
    }
    if (recording.count >= most) ended.resolve();
  });
  onInterrupt(() => ended.resolve());
  const cancel = duration === null
    ? () => {}
    : clock.after(duration, () => ended.resolve());
  client.closed.then((why) => why === null ? undefined : ended.reject(why));
  try {
    // Also while it subscribes the user may end it.
    await Promise.race([client.subscribe(requests), ended.promise]);
    await ended.promise;
  } catch (error) {
    if (error instanceof CommandError || error instanceof ClientError) {
      throw error;
    }
    throw new CommandError((error as Error).message, error);
  } finally {
    cancel();
    await client.close();
  }
}

/** Where a recording ends by itself. */
interface Bounds {
  /** ms; null for none. */
  readonly duration: number | null;
  /** Messages; Infinity for no bound. */
  readonly most: number;
}

function boundsOf({ for: time, count }: RecordOptions): Bounds {
  const duration = time === undefined ? null : parseDuration(time);
  if (time !== undefined && duration === null) {
    throw new CommandError(
      `--for ${time}: give a duration, as 30s, 10m or 1h30m`,
    );
  }
  const most = count === undefined ? Infinity : Number(count);
  if (count !== undefined && !(Number.isInteger(most) && most > 0)) {
    throw new CommandError(`--count ${count}: give a whole number above 0`);
  }
  return { duration, most };
}

function requestsOf(
  filters: readonly string[],
  { qos, retained }: RecordOptions,
): SubscriptionRequest[] {
  return (filters.length === 0 ? ["#"] : filters).map((filter) => {
    if (parseFilter(filter) === null) {
      throw new CommandError(`${filter} is no topic filter`);
    }
    return {
      filter,
      qos: Number(qos) as 0 | 1 | 2,
      noLocal: false,
      // As it was published, not as a subscription has it.
      retainAsPublished: true,
      retainHandling: retained ? 0 : 2,
    };
  });
}

/** A file, or the standard output. */
interface Sink {
  writeSync(bytes: Uint8Array): number;
  close(): void;
}

/** The file of a recording. */
class Recording {
  readonly #file: Sink;
  readonly #clock: Clock;
  readonly #path: string;
  /** Messages written. */
  count = 0;

  private constructor(file: Sink, path: string, clock: Clock) {
    this.#file = file;
    this.#path = path;
    this.#clock = clock;
  }

  /** Opens the file `path`, or the standard output for `-`. */
  static async open(
    path: string,
    isForced: boolean | undefined,
    output: Output,
    clock: Clock,
  ): Promise<Recording> {
    if (path === "-") {
      const decoder = new TextDecoder();
      const writeSync = (bytes: Uint8Array) => {
        output.out(decoder.decode(bytes));
        return bytes.length;
      };
      return new Recording({ writeSync, close: () => {} }, path, clock);
    }
    await refuseToReplace(path, isForced);
    try {
      // Payloads are for this user alone.
      const mode = { write: true, create: true, truncate: true, mode: 0o600 };
      return new Recording(await Deno.open(path, mode), path, clock);
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** Writes a message; throws `CommandError` when the disk does not take it. */
  add(message: ClientMessage): void {
    const line = JSON.stringify(recordOf(message, this.#clock.date()));
    const bytes = new TextEncoder().encode(`${line}\n`);
    try {
      for (let at = 0; at < bytes.length;) {
        at += this.#file.writeSync(bytes.subarray(at));
      }
    } catch (error) {
      throw unwritable(this.#path, error);
    }
    this.count++;
  }

  close(): void {
    this.#file.close();
  }
}

function unwritable(path: string, error: unknown): CommandError {
  const { message } = error as Error;
  return new CommandError(`${path} cannot be written: ${message}`, error);
}
