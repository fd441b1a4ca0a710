import { adminPath } from "../../config/mod.ts";
import { hostAndPort } from "../../network/mod.ts";
import { CommandError } from "../console/command_error.ts";
import type { Output } from "../console/output.ts";
import { meantBroker } from "../running/meant_broker.ts";
import { reachable } from "../running/reachable.ts";
import { readSettings } from "../settings/read_settings.ts";
import type { AdminOptions } from "./admin_program.ts";

/** The admin page that a command is about. */
export interface AdminTarget {
  /** File of its users and tokens. */
  readonly file: string;
  /** Its address, with a slash at the end; null where the port is unknown. */
  readonly url: string | null;
}

/**
 * Returns the page that is meant: that of the settings or, where the command
 * names none, of the broker that runs. Says on `output.err` which file it found
 * on its own. Rejects as `readSettings` does, and with `CommandError` for users
 * that no file has.
 */
export async function adminTarget(
  options: AdminOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
): Promise<AdminTarget> {
  const { broker, say } = meantBroker(options, environment, output);
  if (broker !== null && broker.admin === undefined) {
    throw new CommandError(
      "the running broker has no admin page: start it with --admin, or name " +
        "other settings with --config",
    );
  }
  const { file, url } = broker?.admin ?? await ofSettings(options, environment);
  if (file === null) {
    throw new CommandError(
      "a broker in storage mode memory keeps the users of its admin page in " +
        "memory: name a file for them with admin.file",
    );
  }
  say(`using the users in ${file}`);
  return { file, url };
}

async function ofSettings(
  options: AdminOptions,
  environment: Readonly<Record<string, string>>,
) {
  const { settings } = await readSettings(options, environment);
  const { bind, port, tls } = settings.admin;
  const scheme = tls ? "https" : "http";
  const url = port === 0
    ? null
    : `${scheme}://${hostAndPort(reachable(bind), port)}/`;
  return { file: adminPath(settings, environment), url };
}
