import {
  type AccessCase,
  type ControlAnswer,
  controlPath,
  type LiveExplanation,
} from "../broker/mod.ts";
import type { Clock } from "../clock/mod.ts";
import { type Settings, storagePath } from "../config/mod.ts";
import { CommandError } from "./authority_options.ts";
import { actionLines } from "./explain_text.ts";

/** The answer is not waited for any longer (ms). */
const PATIENCE = 10_000;

/**
 * Asks the broker that runs on `settings` what keeps messages from a client.
 * Rejects with `CommandError` when there is none that answers.
 */
export async function explainLive(
  settings: Settings,
  environment: Readonly<Record<string, string>>,
  { clientId, topic, qos, retain, actions }: AccessCase,
  clock: Clock,
): Promise<LiveExplanation> {
  if (Deno.build.os === "windows") {
    throw new CommandError("--live needs socket files, which Windows has not");
  }
  if (settings.storage.mode === "memory") {
    throw new CommandError(
      "a broker that stores nothing (storage.mode = memory) cannot be asked: " +
        "its control socket would be beside its store",
    );
  }
  const path = controlPath(storagePath(settings, environment));
  const request = { command: "explain", clientId, topic, qos, retain, actions };
  const answer = await ask(path, JSON.stringify(request), clock);
  if (answer.ok) return answer.result;
  throw new CommandError(`the broker says: ${answer.error}`);
}

async function ask(
  path: string,
  line: string,
  clock: Clock,
): Promise<ControlAnswer> {
  let conn: Deno.UnixConn;
  try {
    conn = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.ConnectionRefused
      ? "no broker runs on this store"
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
    return JSON.parse(text) as ControlAnswer;
  } catch (error) {
    throw new CommandError(`${path}: the broker did not answer`, error);
  } finally {
    cancel();
  }
}

const STATES: Readonly<Record<LiveExplanation["state"], string>> = {
  attached: "connected",
  detached: "away",
  unknown: "not known to the broker",
};

/** The answer for people. */
export function liveText(explained: LiveExplanation): string {
  const { client, username, state, matching, findings, actions } = explained;
  const name = username === null ? client : `${client} (${username})`;
  const lines = [
    `${name}: ${STATES[state]}`,
    ...matching.map((one) => `  subscribed: ${one}`),
    ...findings.map(({ kind, text }) => `  ${kind}: ${text}`),
    ...(findings.length === 0 ? ["  nothing stands in the way"] : []),
    ...actions.flatMap(actionLines),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
