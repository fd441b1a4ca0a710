import { type AccessCase, loadOfflineAccess } from "../../broker/mod.ts";
import { SystemClock } from "../../clock/mod.ts";
import {
  completeSettings,
  type Settings,
  SettingsError,
  storagePath,
} from "../../config/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { explainLive, liveText } from "./explain_live.ts";
import type { ExplainOptions } from "./explain_options.ts";
import { explanationText } from "./explain_text.ts";
import { jsonText } from "../console/json_text.ts";
import type { Output } from "../console/output.ts";
import { readPassword } from "../console/read_input.ts";
import { readSettings, UnreadableFile } from "../settings/read_settings.ts";
import { meantBroker } from "../running/meant_broker.ts";
import { startError } from "../settings/start_error.ts";

/**
 * Explains who may do what. Resolves to the exit code: 0 when there is an
 * answer, whatever it says, else 1.
 */
export async function explain(
  options: ExplainOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
): Promise<0 | 1> {
  try {
    const settings = await settingsMeant(options, environment, output);
    const asked = await caseOf(options);
    const clock = new SystemClock();
    if (options.live) {
      const live = await explainLive(settings, environment, asked, clock);
      output.out(options.json ? jsonText(live) : liveText(live));
      return 0;
    }
    const { explainSettings, silentLog } = await loadOfflineAccess();
    const explained = await explainSettings(settings, asked, {
      clock,
      log: silentLog,
    });
    output.out(
      options.json
        ? jsonText(explained)
        : explanationText(explained, nameOf(options)),
    );
    return 0;
  } catch (error) {
    if (!isSaid(error)) throw error;
    output.err(`${messageOf(error)}\n`);
    return 1;
  }
}

/**
 * Returns the settings that the command names, else those of the broker that
 * runs.
 */
async function settingsMeant(
  options: ExplainOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
): Promise<Settings> {
  const { broker, say } = meantBroker(options, environment, output);
  if (broker === null) {
    const { settings } = await readSettings(options, environment);
    say(
      options.live
        ? `asking at the store ${storagePath(settings, environment)}`
        : "using the default settings",
    );
    return settings;
  }
  const { config, given, mode, store, control } = broker;
  if (options.live) {
    say(`asking at ${mode === "memory" ? control : `the store ${store}`}`);
    const storage = { mode, path: store } as Settings["storage"];
    return completeSettings({ storage });
  }
  const left = given.filter((name) => environment[name] === undefined);
  const besides = left.length === 0
    ? ""
    : ` without what it has from ${left.join(", ")},`;
  say(`using the settings${besides}`);
  const named = { ...options, config: config ?? undefined };
  return (await readSettings(named, environment)).settings;
}

/** Returns how the client is called in the answer. */
function nameOf({ client, user }: ExplainOptions): string {
  return user === undefined ? client : `${client} (${user})`;
}

async function caseOf(options: ExplainOptions): Promise<AccessCase> {
  const { publish, subscribe, passwordFile } = options;
  const both = publish === subscribe;
  return {
    clientId: options.client,
    username: options.user ?? null,
    password: passwordFile === undefined
      ? null
      : new TextEncoder().encode(await readPassword(passwordFile)),
    listener: options.listener,
    hostname: options.address,
    actions: [
      ...(both || publish ? ["publish"] as const : []),
      ...(both || subscribe ? ["subscribe"] as const : []),
      // Messages have topics: a filter with wildcards is none.
      ...((both || subscribe) && !/[+#]|^\$share\//.test(options.topic)
        ? ["receive"] as const
        : []),
    ],
    topic: options.topic,
    qos: Number(options.qos) as 0 | 1 | 2,
    retain: options.retain ?? false,
  };
}

/** Returns what a person can do something about; the rest is our mistake. */
function isSaid(error: unknown): error is Error {
  return error instanceof CommandError || error instanceof RangeError ||
    error instanceof SettingsError || error instanceof UnreadableFile ||
    error instanceof Error &&
      ["AccessError", "AccessFileError"].includes(error.name);
}

function messageOf(error: Error): string {
  // Faults of rules and password files need words about the place.
  return ["AccessError", "AccessFileError"].includes(error.name)
    ? startError(error)
    : error.message;
}
