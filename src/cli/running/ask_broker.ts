import {
  type BrokerState,
  type ControlAnswer,
  controlPath,
} from "../../broker/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import { type Settings, storagePath } from "../../config/mod.ts";
import { CommandError } from "../console/command_error.ts";

/** The answer is not waited for any longer (ms). */
const PATIENCE = 10_000;

/**
 * Returns what the broker that runs on `settings` answers to `request`. Rejects
 * with `CommandError` when there is none that answers, or it cannot.
 */
export async function askBroker<Result>(
  settings: Settings,
  environment: Readonly<Record<string, string>>,
  request: Readonly<Record<string, unknown>>,
  clock: Clock,
): Promise<Result> {
  if (Deno.build.os === "windows") {
    throw new CommandError(
      "the running broker answers on a socket file, which Windows lacks",
    );
  }
  if (settings.storage.mode === "memory") {
    throw new CommandError(
      "a broker in storage mode memory does not answer: its socket file would " +
        "be beside its store",
    );
  }
  const path = controlPath(storagePath(settings, environment));
  const answer = await ask<Result>(path, JSON.stringify(request), clock);
  if (answer.ok) return answer.result;
  throw new CommandError(`the broker says: ${answer.error}`);
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
  let conn: Deno.UnixConn;
  try {
    conn = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    // The runtime denies the socket, not the system: the command line says so.
    if (error instanceof Deno.errors.NotCapable) throw error;
    const why = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.ConnectionRefused
      ? "no broker runs on this store; start it, or name the settings of " +
        "the running broker with --config (one in storage mode memory " +
        "does not answer)"
      : error instanceof Deno.errors.PermissionDenied
      ? "only the broker's own user may ask it"
      : (error as Error).message;
    throw new CommandError(`${path}: ${why}`, error);
  }
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
