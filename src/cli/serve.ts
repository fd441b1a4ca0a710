import { Broker, type StartedListener } from "../broker/mod.ts";
import { SystemClock } from "../clock/mod.ts";
import { type LogSettings, SettingsError, VERSION } from "../config/mod.ts";
import {
  brokerLog,
  type LogDetails,
  type LogEvent,
  logEvents,
} from "./broker_log.ts";
import type { Output } from "./output.ts";
import {
  type ReadSettings,
  readSettings,
  UnreadableFile,
} from "./read_settings.ts";
import { UnwritableFile, writeReadyFile } from "./ready_file.ts";
import type { ServeOptions } from "./serve_options.ts";
import { startReport } from "./start_report.ts";
import { untilStopSignal } from "./stop_signals.ts";

/** Beyond `shutdown.timeout`: what the broker's own stop may be late (ms). */
const GRACE = 500;

/**
 * Runs the broker until SIGINT or SIGTERM. Resolves to the exit code: 0 after
 * a stop, 1 when it could not start.
 */
export async function serve(
  options: ServeOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
): Promise<0 | 1> {
  try {
    const read = await readSettings(options, environment);
    const { settings } = read;
    // Before the start, so that no signal finds the process without it.
    const stopped = untilStopSignal();
    const clock = new SystemClock();
    const log = logEvents(settings.log, clock, output.err);
    const broker = new Broker(settings, { clock, log: brokerLog(log) });
    const listeners = await broker.start();
    if (options.readyFile !== undefined) {
      await writeReadyFile(options.readyFile, { pid: Deno.pid, listeners });
    }
    const tell = teller(settings.log, log, output);
    tell(report(read, listeners), "ready", {
      version: VERSION,
      listeners: listeners.map((one) => `${one.name} ${one.bind} ${one.port}`)
        .join(", "),
    });
    const signal = await stopped;
    tell("Stopping; once more ends it at once.\n", "stopping", { signal });
    await within(settings.shutdown.timeout, broker);
    return 0;
  } catch (error) {
    output.err(`dunlin: ${reasonOf(error)}\n`);
    return 1;
  }
}

/** Tells of start and stop: to people in words, to programs as an event. */
function teller(settings: LogSettings, log: LogEvent, output: Output) {
  return (words: string, event: string, details: LogDetails) => {
    if (settings.format === "json") log("info", event, details);
    else if (["info", "debug"].includes(settings.level)) output.out(words);
  };
}

/**
 * Stops `broker` in `timeout` ms, or leaves it. This timer also keeps the
 * process alive meanwhile, which the broker's own timers do not.
 */
async function within(timeout: number, broker: Broker): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeout + GRACE);
  });
  await Promise.race([broker.stop(timeout), bound]);
  clearTimeout(timer);
}

function report(
  { settings, file }: ReadSettings,
  listeners: readonly StartedListener[],
): string {
  return startReport({
    version: VERSION,
    listeners: listeners.map((one, index) => ({
      ...one,
      path: settings.listener[index].path,
    })),
    file,
    isFilePassedOver: file === undefined && isThere("dunlin.toml"),
  });
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Why the broker did not start; our own mistakes are shown with their stack. */
function reasonOf(error: unknown): string {
  if (error instanceof SettingsError || error instanceof UnreadableFile) {
    return `the settings cannot be used\n${error.message}`;
  }
  if (!(error instanceof Error)) return String(error);
  // The transport says what failed, where, and what to do about it.
  const isSaid = error.name === "ListenError" ||
    error instanceof UnwritableFile;
  return isSaid ? error.message : error.stack ?? error.message;
}
