import { resolve } from "node:path";
import {
  type BrokerState,
  type ControlAnswer,
  controlPath,
} from "../../broker/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import { type Settings, storagePath } from "../../config/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { findRunning } from "./find_running.ts";

/** The answer is not waited for any longer (ms). */
const PATIENCE = 10_000;

/**
 * Returns what the broker that runs on `settings` answers to `request`. Rejects
 * with `CommandError` when there is none that answers, or it cannot. `config` is
 * the file that the settings are from.
 */
export async function askBroker<Result>(
  settings: Settings,
  environment: Readonly<Record<string, string>>,
  request: Readonly<Record<string, unknown>>,
  clock: Clock,
  config?: string,
): Promise<Result> {
  const path = controlOf(settings, environment, config);
  return await askAt<Result>(path, request, clock);
}

/**
 * Returns the socket file of the broker that runs on `settings`, from the file
 * `config`.
 *
 * @throws {CommandError} where it cannot be found.
 */
export function controlOf(
  settings: Settings,
  environment: Readonly<Record<string, string>>,
  config: string | undefined,
): string {
  return settings.storage.mode === "memory"
    ? socketInMemory(environment, config)
    : controlPath(storagePath(settings, environment));
}

/** Does the same for the broker that answers at the socket file `path`. */
export async function askAt<Result>(
  path: string,
  request: Readonly<Record<string, unknown>>,
  clock: Clock,
): Promise<Result> {
  const answer = await ask<Result>(path, JSON.stringify(request), clock);
  if (answer.ok) return answer.result;
  throw new CommandError(`the broker says: ${answer.error}`);
}

/** Returns the socket file of the one broker that stores nothing. */
function socketInMemory(
  environment: Readonly<Record<string, string>>,
  config: string | undefined,
): string {
  const file = config === undefined ? null : resolve(config);
  const found = findRunning(environment).filter((broker) =>
    broker.mode === "memory" && (file === null || broker.config === file)
  );
  if (found.length === 1) return found[0].control;
  const which = file === null ? "" : ` with ${file}`;
  throw new CommandError(
    found.length === 0
      ? `no broker in storage mode memory runs${which}; one is found by its ` +
        "socket file in XDG_RUNTIME_DIR/dunlin"
      : `${found.length} brokers in storage mode memory run${which}: name one ` +
        "by its own settings file with --config",
  );
}

/**
 * Returns the figures of the broker that runs on the store `path`; null where
 * none answers.
 */
export async function stateOfBroker(
  path: string,
  clock: Clock,
): Promise<BrokerState | null> {
  if (Deno.build.os === "windows") return null;
  const request = JSON.stringify({ command: "state" });
  try {
    const answer = await ask<BrokerState>(controlPath(path), request, clock);
    return answer.ok ? answer.result : null;
  } catch {
    // An earlier version does not know the request.
    return null;
  }
}

async function ask<Result>(
  path: string,
  line: string,
  clock: Clock,
): Promise<ControlAnswer<Result>> {
  const conn = await connectTo(path);
  const cancel = clock.after(PATIENCE, () => conn.close());
  try {
    const writer = conn.writable.getWriter();
    await writer.write(new TextEncoder().encode(`${line}\n`));
    const text = await new Response(conn.readable).text();
    return JSON.parse(text) as ControlAnswer<Result>;
  } catch (error) {
    throw new CommandError(`${path}: the broker did not answer`, error);
  } finally {
    cancel();
  }
}

/**
 * Connects to the socket file `path`. Rejects with `CommandError` when no broker
 * of this user answers there.
 */
export async function connectTo(path: string): Promise<Deno.UnixConn> {
  if (Deno.build.os === "windows") {
    throw new CommandError(
      "the running broker answers on a socket file, which Windows lacks",
    );
  }
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    // The runtime denies the socket, not the system: the command line says so.
    if (error instanceof Deno.errors.NotCapable) throw error;
    const why = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.ConnectionRefused
      ? "no broker runs on this store; start it, or name the settings of " +
        "the running broker with --config"
      : error instanceof Deno.errors.PermissionDenied
      ? "only the broker's own user may ask it"
      : (error as Error).message;
    throw new CommandError(`${path}: ${why}`, error);
  }
}
