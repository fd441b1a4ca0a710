import { CommandError } from "../console/command_error.ts";
import type { Output } from "../console/output.ts";
import { readSettings } from "../settings/read_settings.ts";
import { controlOf } from "./ask_broker.ts";
import { findRunning } from "./find_running.ts";
import { meantBroker, type Naming } from "./meant_broker.ts";

/** The options by which a command names a running broker. */
export interface ProcessNaming extends Naming {
  /** Process id. */
  readonly process?: string;
}

/**
 * Returns the socket file of the running broker that a command means: of the named
 * process, of the settings that it names, or of the only broker of this user.
 * Rejects with `CommandError` when several run, and as `readSettings` does.
 */
export async function controlMeant(
  naming: ProcessNaming,
  environment: Readonly<Record<string, string>>,
  output: Output,
): Promise<string> {
  if (naming.process !== undefined) {
    const pid = Number(naming.process);
    const found = findRunning(environment).find((one) => one.pid === pid);
    if (found !== undefined) return found.control;
    throw new CommandError(
      `no broker of this user runs as process ${naming.process}`,
    );
  }
  const { broker, several, say } = meantBroker(naming, environment, output);
  if (broker !== null) return broker.control;
  if (several.length > 0) {
    const list = several.map(({ pid, config, mode }) =>
      `  --process ${pid}   ${config ?? "no settings file"}, ${mode}`
    );
    throw new CommandError(
      `${several.length} brokers of this user run; name one:\n${
        list.join("\n")
      }`,
    );
  }
  const { settings, file } = await readSettings(naming, environment);
  say("asking the broker of the default settings");
  return controlOf(settings, environment, file);
}
