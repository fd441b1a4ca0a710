import {
  describeProblem,
  loadSettings,
  type Problem,
  SettingsError,
} from "../../config/mod.ts";
import { importConfig, ImportError, type LostLine } from "../../import/mod.ts";
import { CommandError } from "../console/command_error.ts";
import type { ImportOptions } from "./import_options.ts";
import type { Output } from "../console/output.ts";
import { refuseToReplace } from "../console/refuse_to_replace.ts";
import { writeResult } from "../console/write_result.ts";

/**
 * Makes a configuration of the Mosquitto configuration `file`. Resolves to the
 * exit code: 0 when the result can be used, 3 when it can and allows less than
 * the file did, 1 when it cannot be used as it is, or there is none. Lines
 * without a counterpart go to `output.err`.
 */
export async function importMosquitto(
  file: string,
  options: ImportOptions,
  output: Output,
): Promise<0 | 1 | 3> {
  const { out } = options;
  try {
    if (out !== undefined) await refuseToReplace(out, options.force);
    const { toml, lost } = await importConfig(file);
    const problems = await problemsOf(out ?? "result", toml);
    if (out === undefined) output.out(toml);
    else await writeResult(out, toml);
    output.err(report(lost, problems, out));
    if (problems.length > 0) return 1;
    return lost.some(({ closes }) => closes) ? 3 : 0;
  } catch (error) {
    if (!(error instanceof ImportError || error instanceof CommandError)) {
      throw error;
    }
    output.err(`${error.message}\n`);
    return 1;
  }
}

/** Returns what `dunlin check` would say of the result. */
async function problemsOf(
  name: string,
  text: string,
): Promise<readonly Problem[]> {
  try {
    await loadSettings({ file: { name, text } });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

function report(
  lost: readonly LostLine[],
  problems: readonly Problem[],
  out: string | undefined,
): string {
  const lines: string[] = [];
  const list = (title: string, some: readonly LostLine[]) => {
    if (some.length === 0) return;
    lines.push(title);
    for (const { place, text, why } of some) {
      lines.push(`  ${place}: ${text}: ${why}`);
    }
  };
  list(
    "These lines allow less than in Mosquitto (exit code 3):",
    lost.filter(({ closes }) => closes),
  );
  list(
    "These lines have no counterpart:",
    lost.filter(({ closes }) => !closes),
  );
  if (problems.length > 0) {
    lines.push("Change these settings by hand first:");
    lines.push(...problems.map((problem) => `  ${describeProblem(problem)}`));
  }
  if (out !== undefined) {
    lines.push(
      problems.length === 0
        ? `${out} is written; try it: dunlin --config ${out}`
        : `${out} is written, but cannot be used yet`,
    );
  }
  // deno-lint-ignore no-control-regex
  return lines.map((line) => line.replace(/[\0-\x1f\x7f]/g, "?") + "\n")
    .join("");
}
