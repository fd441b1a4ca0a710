import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The program that runs now. */
export interface PresentProgram {
  /** The path that starts it again, and arguments before those of Dunlin. */
  readonly command: readonly string[];
  /** Variables that it needs beside those of any service. */
  readonly environment: Readonly<Record<string, string>>;
  /** A folder in which it has its other files; null where it is one file. */
  readonly folder: string | null;
}

/**
 * Returns the present program: an executable of its own, or `main`, the URL of
 * the first module that the runtime at `execPath` runs.
 */
export function presentProgram(
  execPath: string,
  main: string,
): PresentProgram {
  const isRuntime = /^deno(\.exe)?$/.test(basename(execPath));
  if (!isRuntime) return { command: [execPath], environment: {}, folder: null };
  const path = fileURLToPath(main);
  return {
    command: [
      ...[execPath, "run", "--allow-all"],
      ...["--v8-flags=--max-semi-space-size=4", path],
    ],
    // The runtime would look for a newer one at each start.
    environment: { DENO_NO_UPDATE_CHECK: "1" },
    folder: dirname(path),
  };
}
