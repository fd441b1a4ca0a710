import { Broker } from "../broker/mod.ts";
import { SettingsError, VERSION } from "../config/mod.ts";
import type { Output } from "./output.ts";
import { readSettings, UnreadableFile } from "./read_settings.ts";
import { writeReadyFile } from "./ready_file.ts";
import type { ServeOptions } from "./serve_options.ts";
import { startReport } from "./start_report.ts";
import { untilStopSignal } from "./stop_signals.ts";

/**
 * Runs the broker until SIGINT or SIGTERM. Resolves to the exit code: 0 after
 * a clean stop, 1 when it could not start.
 */
export async function serve(
  options: ServeOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
): Promise<0 | 1> {
  try {
    const { settings, file } = await readSettings(options, environment);
    // Before the start, so that no signal finds the process without it.
    const stopped = untilStopSignal();
    const broker = new Broker(settings);
    const listeners = await broker.start();
    if (options.readyFile !== undefined) {
      await writeReadyFile(options.readyFile, { pid: Deno.pid, listeners });
    }
    if (settings.log.level === "info" || settings.log.level === "debug") {
      output.out(startReport({
        version: VERSION,
        listeners: listeners.map((one, index) => ({
          ...one,
          path: settings.listener[index].path,
        })),
        file,
        isFilePassedOver: file === undefined && isThere("dunlin.toml"),
      }));
    }
    await stopped;
    await broker.stop(settings.shutdown.timeout);
    return 0;
  } catch (error) {
    output.err(`${reasonOf(error)}\n`);
    return 1;
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Why the broker did not start; mistakes of ours are shown with their stack. */
function reasonOf(error: unknown): string {
  if (error instanceof SettingsError || error instanceof UnreadableFile) {
    return error.message;
  }
  if (error instanceof Deno.errors.AddrInUse) {
    return `${error.message}: another program has this port; stop it, or choose with --port`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `${error.message}: this user may not; ports below 1024 are often kept for root`;
  }
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
