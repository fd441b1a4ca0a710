import { CodedError } from "../../errors/mod.ts";

/** One thing that is wrong with the settings, and where it was said. */
export interface Problem {
  /** Source of the setting: a file's name, `DUNLIN_…`, or `--set …`. */
  readonly source: string;
  /** From 1; only within a file. */
  readonly line?: number;
  /** From 1, in UTF-16 units; only within a file. */
  readonly column?: number;
  /** The setting, as `limits.max_inflight`; empty for a TOML syntax error. */
  readonly path: string;
  /** The fault and its remedy, on one line. */
  readonly message: string;
}

/** The settings cannot be used; `problems` says all that is wrong. */
export class SettingsError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "settings-invalid";
  /** At least one, in the order of the file. */
  readonly problems: readonly Problem[];

  /** `problems`: at least one. */
  constructor(problems: readonly Problem[]) {
    const ordered = inOrder(problems);
    super(ordered.map(describeProblem).join("\n"));
    this.name = "SettingsError";
    this.problems = ordered;
  }
}

/** As they stand in the file; what was said elsewhere comes after. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const last = Number.MAX_SAFE_INTEGER;
  return problems.toSorted((a, b) =>
    (a.line ?? last) - (b.line ?? last) ||
    (a.column ?? last) - (b.column ?? last)
  );
}

/**
 * Returns whether the command line alone is to blame: its options begin with
 * `--`.
 */
export function isCommandLineMistake(error: unknown): boolean {
  return error instanceof SettingsError &&
    error.problems.every(({ source, line }) =>
      line === undefined && source.startsWith("--")
    );
}

/**
 * Returns a problem on one line: `dunlin.toml:3:8: limits.x: what is wrong`.
 */
export function describeProblem(problem: Problem): string {
  const place = problem.line === undefined
    ? ""
    : `:${problem.line}:${problem.column}`;
  const path = problem.path === "" ? "" : `${problem.path}: `;
  return `${problem.source}${place}: ${path}${problem.message}`;
}

/** Path of a setting: `["listener", 0, "port"]`. */
export type Path = readonly (string | number)[];

/** Returns a path as people write it: `listener.0.port`. */
export function describePath(path: Path): string {
  return path.join(".");
}

/** Source of a setting, with line and column. */
export type Place = Omit<Problem, "path" | "message">;

/** Finds where the setting at a path was given, or the table around it. */
export type FindPlace = (path: Path) => Place;

/** Returns the problem with the setting at `path`; `message` is one line. */
export function problemAt(
  path: Path,
  message: string,
  find: FindPlace,
): Problem {
  return { ...find(path), path: describePath(path), message };
}

/** Tells of a setting that does not fit the others. */
export type OnMisfit = (path: Path, message: string) => void;
