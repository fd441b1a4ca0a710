import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { RUN_FLAGS, V8_FLAGS } from "./run_flags.ts";

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
  // A bundle has no deno.json that names its flags and packages.
  const isBundle = path.endsWith(".js");
  const flags = isBundle ? RUN_FLAGS : ["--allow-all", V8_FLAGS];
  return {
    command: [execPath, "run", ...flags, path],
    environment: {
      // The runtime would look for a newer one at each start.
      DENO_NO_UPDATE_CHECK: "1",
      ...isBundle ? { DENO_NO_PACKAGE_JSON: "1" } : {},
    },
    folder: dirname(path),
  };
}
