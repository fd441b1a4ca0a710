import { Broker, type StartedListener } from "../broker/mod.ts";
import { SystemClock } from "../clock/mod.ts";
import { SettingsError, VERSION } from "../config/mod.ts";
import { brokerLog, logEvents } from "./broker_log.ts";
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
    const isText = settings.log.format === "text";
    const isTold = ["info", "debug"].includes(settings.log.level);
    if (isText && isTold) output.out(report(read, listeners));
    if (!isText) {
      const addresses = listeners.map((one) =>
        `${one.name} ${one.bind} ${one.port}`
      );
      const details = { version: VERSION, listeners: addresses.join(", ") };
      log("info", "ready", details);
    }
    log("info", "stopping", { signal: await stopped });
    await within(settings.shutdown.timeout, broker);
    return 0;
  } catch (error) {
    output.err(`dunlin: ${reasonOf(error)}\n`);
    return 1;
  }
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
