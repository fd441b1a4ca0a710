import { SystemClock } from "../clock/mod.ts";
import {
  describeChange,
  describeProblem,
  differenceOf,
  type FindPlace,
  hasTls,
  isCommandLineMistake,
  printSettings,
  type Problem,
  type Settings,
  SettingsError,
  withoutSecrets,
} from "../config/mod.ts";
import { CommandError } from "./console/command_error.ts";
import { jsonText } from "./console/json_text.ts";
import type { Output } from "./console/output.ts";
import { logFileProblem } from "./log/log_file_problem.ts";
import { profileLine } from "./settings/profile_line.ts";
import { readSettings, UnreadableFile } from "./settings/read_settings.ts";
import type { ServeOptions } from "./settings/serve_options.ts";
import { socketProblems } from "./socket_problems.ts";

/** Options of `dunlin check`. */
export interface CheckOptions extends ServeOptions {
  /** Show the settings that result. */
  readonly print?: boolean;
  /**
   * The file that is in use, or true for the broker that runs: show what would
   * become another.
   */
  readonly diff?: string | true;
  /** Answer in JSON. */
  readonly json?: boolean;
}

/**
 * Checks a configuration without starting anything. Resolves to the exit
 * code: 0 when it can be used, 1 when not, 2 when only its options are to blame.
 * Warnings go to `output.err`, with `json` into the answer.
 */
export async function check(
  options: CheckOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
): Promise<0 | 1 | 2> {
  try {
    const read = await readSettings(options, environment);
    const { settings, file, find } = read;
    const warnings = await checkFiles(settings, find);
    if (!options.json) {
      for (const { message, ...place } of warnings) {
        const text = `warning: ${message}`;
        output.err(`${describeProblem({ ...place, message: text })}\n`);
      }
    }
    if (options.diff !== undefined) {
      const asJson = options.json === true;
      output.out(await difference(options, settings, environment, asJson));
    } else if (options.json) {
      const result = { ok: true, problems: [], warnings };
      const all = options.print
        ? { ...result, settings: withoutSecrets(settings) }
        : result;
      output.out(jsonText(all));
    } else if (options.print) {
      output.out(printSettings(settings));
    } else {
      const count = settings.listener.length;
      const what = file ?? "no file was named; environment and options";
      const listeners = count === 1 ? "1 listener" : `${count} listeners`;
      const profile = profileLine(read);
      const said = profile === undefined ? "" : `, profile ${profile}`;
      const found = `${listeners}${said}${counted(warnings)}`;
      output.out(`${what}: no mistakes, ${found}\n`);
    }
    return 0;
  } catch (error) {
    const problems = problemsOf(error);
    if (options.json) {
      output.out(jsonText({ ok: false, problems }));
    } else output.err(`${(error as Error).message}\n`);
    return isCommandLineMistake(error) ? 2 : 1;
  }
}

/** Returns the number of warnings as a phrase; "" for none. */
function counted({ length }: readonly Problem[]): string {
  return length === 0 ? "" : `, ${length} warning${length === 1 ? "" : "s"}`;
}

/**
 * Reads the files that a start would; returns warnings. Rejects with
 * `SettingsError`.
 */
async function checkFiles(
  settings: Settings,
  find: FindPlace,
): Promise<Problem[]> {
  const problems = await socketProblems(settings, find);
  const warnings: Problem[] = [];
  const logFile = await logFileProblem(settings, find);
  if (logFile !== null) warnings.push(logFile);
  if (needsBroker(settings)) {
    const { loadOfflineAccess } = await import("../broker/mod.ts");
    const { accessFindings, certificateFindings } = await loadOfflineAccess();
    const now = new SystemClock().date();
    for (
      const found of [
        await certificateFindings(settings, find, now),
        await accessFindings(settings, find),
      ]
    ) {
      problems.push(...found.problems);
      warnings.push(...found.warnings);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return warnings;
}

/** Most settings name nothing that has to be read, and need only themselves. */
function needsBroker({ auth, acl, access, listener }: Settings): boolean {
  const hasAccess = auth.length + acl.length + access.acl_file.length > 0;
  return hasAccess || listener.some(hasTls);
}

/**
 * Returns what `settings` would change for those that `diff` says are in use.
 */
async function difference(
  options: CheckOptions,
  settings: Settings,
  environment: Readonly<Record<string, string>>,
  asJson: boolean,
): Promise<string> {
  const { diff } = options;
  if (typeof diff === "string") {
    const before = { ...options, config: diff };
    const { settings: used } = await readSettings(before, environment);
    return shownDifference(used, settings, asJson);
  }
  const { askBroker } = await import("./running/ask_broker.ts");
  const { loadOfflineAccess } = await import("../broker/mod.ts");
  const { withSecretDigests } = await loadOfflineAccess();
  // Secrets are compared, not told: what is sent are digests by this key.
  const key = crypto.randomUUID();
  const used = await askBroker<Settings>(
    settings,
    environment,
    { command: "settings", key },
    new SystemClock(),
  );
  return shownDifference(used, withSecretDigests(settings, key), asJson);
}

/** Returns what would change, line by line; for programs with its sum. */
function shownDifference(
  from: Settings,
  to: Settings,
  asJson: boolean,
): string {
  const changes = differenceOf(from, to);
  const needsRestart = changes.some(({ effect }) => effect === "restart");
  if (asJson) {
    const result = { ok: true, problems: [], changes, needsRestart };
    return jsonText(result);
  }
  if (changes.length === 0) return "nothing would change\n";
  return changes.map((change) => `${describeChange(change)}\n`).join("");
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof SettingsError) return error.problems;
  if (error instanceof UnreadableFile) {
    return [{ source: "--config", path: "", message: error.message }];
  }
  if (error instanceof CommandError) {
    return [{ source: "--diff", path: "", message: error.message }];
  }
  throw error;
}
