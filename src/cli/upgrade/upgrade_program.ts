import type { Command } from "commander";
import { addCommand } from "../console/commands.ts";

/** Options of `dunlin upgrade`. */
export interface UpgradeOptions {
  /** A store, the folder of one, or a settings file. */
  readonly check: string;
  /** Answer in JSON. */
  readonly json?: boolean;
}

/** Runs `dunlin upgrade`; resolves to its exit code. */
export type RunUpgrade = (options: UpgradeOptions) => Promise<number>;

const ABOUT = `
Changes nothing: a start migrates a store by itself. FILE is a store, the folder
of one, or a settings file. The exit code is 0 if this version reads it, also with
a migration or settings whose meaning has changed, and 1 if it does not.
`;

/** Adds `dunlin upgrade`; `onCode` gets the exit code. */
export function addUpgrade(
  program: Command,
  run: RunUpgrade,
  onCode: (code: number) => void,
): void {
  const doc = "check that this version reads files of an earlier one";
  addCommand(program, "upgrade", doc, ABOUT)
    .requiredOption("--check <FILE>", "a store or a settings file")
    .option("--json", "answer in JSON")
    .action(async (options: UpgradeOptions) => onCode(await run(options)));
}
