import type { Command } from "commander";
import { addCommand, addSettings } from "../console/commands.ts";

/** Options of `dunlin health`. */
export interface HealthOptions {
  /** Configuration file of the broker. */
  readonly config?: string;
  /** Single settings. */
  readonly set?: readonly string[];
  /** Answer in JSON. */
  readonly json?: boolean;
}

/** Runs `dunlin health`; resolves to its exit code. */
export type RunHealth = (options: HealthOptions) => Promise<number>;

const ABOUT = `
Asks the broker at the socket file beside its store. A broker in storage mode
memory has none: each of its listeners then has to answer the end of a connection.
The exit code is 0 if the broker serves clients, and 1 if it does not, or is still
reading its store. A full or failing disk is reported, with exit code 0: the
broker tries again by itself, and a restart could lose what waits for the disk.
`;

/** Adds `dunlin health`; `onCode` gets the exit code. */
export function addHealth(
  program: Command,
  run: RunHealth,
  onCode: (code: number) => void,
): void {
  const doc = "check that the running broker serves clients";
  addSettings(addCommand(program, "health", doc, ABOUT))
    .option("--json", "answer in JSON")
    .action(async (options: HealthOptions) => onCode(await run(options)));
}
