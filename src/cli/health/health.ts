import { controlPath, type Health } from "../../broker/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import {
  type ListenerSettings,
  type Settings,
  storagePath,
} from "../../config/mod.ts";
import { type Answer, writeAnswer } from "../console/answer.ts";
import { CommandError } from "../console/command_error.ts";
import type { Output } from "../console/output.ts";
import { askBroker } from "../running/ask_broker.ts";
import { readSettings } from "../settings/read_settings.ts";
import { startError } from "../settings/start_error.ts";
import type { HealthOptions } from "./health_program.ts";

/** The time in which a listener has to answer (ms). */
const PATIENCE = 5000;

/**
 * Runs `dunlin health`. Resolves to the exit code: 0 when the broker serves
 * clients, 1 when not, with the reason.
 */
export async function health(
  options: HealthOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
  clock: Clock,
): Promise<0 | 1> {
  const work = async () => {
    const { settings } = await readSettings(options, environment);
    const path = socketFile(settings, environment);
    if (path === null || !await exists(path)) {
      await askListeners(settings.listener, clock);
      const trouble = path === null
        ? null
        : `only its listeners answer: there is no socket file ${path}`;
      return answerOf({ loading: false, trouble });
    }
    const request = { command: "health" };
    return answerOf(
      await askBroker<Health>(settings, environment, request, clock),
    );
  };
  const failureOf = (error: unknown) => ({
    message: error instanceof CommandError ? error.message : startError(error),
  });
  return await writeAnswer(output, options.json, work, failureOf);
}

/** Returns the socket file of the broker; null where it can have none. */
function socketFile(
  settings: Settings,
  environment: Readonly<Record<string, string>>,
): string | null {
  const hasNone = settings.storage.mode === "memory" ||
    Deno.build.os === "windows";
  return hasNone ? null : controlPath(storagePath(settings, environment));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function answerOf({ loading, trouble }: Health): Answer {
  if (loading) throw new CommandError("the broker is still reading its store");
  const text = trouble === null ? "healthy\n" : `healthy, but ${trouble}\n`;
  return { text, json: { trouble } };
}

async function askListeners(
  listeners: readonly ListenerSettings[],
  clock: Clock,
): Promise<void> {
  const fixed = listeners.filter(({ type, port, retry }) =>
    !retry && (type === "unix" || port !== 0)
  );
  if (fixed.length === 0) {
    throw new CommandError(
      "no listener has a port to check: give one a port other than 0",
    );
  }
  await Promise.all(fixed.map((one) => askListener(one, clock)));
}

/**
 * Ends a connection to `listener` at once. A broker that serves its sockets
 * ends it too, whatever the listener speaks.
 */
async function askListener(
  listener: ListenerSettings,
  clock: Clock,
): Promise<void> {
  const { name } = listener;
  let conn: Deno.Conn;
  try {
    conn = await connect(listener);
  } catch (error) {
    const { message } = error as Error;
    throw new CommandError(`listener ${name} does not accept: ${message}`);
  }
  const cancel = clock.after(PATIENCE, () => conn.close());
  try {
    await conn.closeWrite();
    while (await conn.read(new Uint8Array(64)) !== null);
  } catch (error) {
    // Closed with unread bytes: the broker was there to close it.
    if (error instanceof Deno.errors.ConnectionReset) return;
    throw new CommandError(`listener ${name} does not answer`, error);
  } finally {
    cancel();
    try {
      conn.close();
    } catch {
      // The time was up.
    }
  }
}

async function connect(
  { type, socket, bind, port }: ListenerSettings,
): Promise<Deno.Conn> {
  if (type === "unix") {
    return await Deno.connect({ transport: "unix", path: socket });
  }
  if (bind === "0.0.0.0") {
    return await Deno.connect({ hostname: "127.0.0.1", port });
  }
  if (bind !== "::") return await Deno.connect({ hostname: bind, port });
  // A machine may have no IPv6, and a listener no IPv4.
  return await Deno.connect({ hostname: "127.0.0.1", port })
    .catch(() => Deno.connect({ hostname: "::1", port }));
}
