import type { Command } from "commander";
import { addCommand, addSettings } from "../console/commands.ts";

/** Options of `dunlin status`. */
export interface StatusOptions {
  /** Configuration file of the broker. */
  readonly config?: string;
  /** Single settings. */
  readonly set?: readonly string[];
  /** Process id of the broker. */
  readonly process?: string;
  /** Show it again every two seconds. */
  readonly watch?: boolean;
  /** Answer in JSON. */
  readonly json?: boolean;
}

/** Runs `dunlin status`; resolves to its exit code. */
export type RunStatus = (options: StatusOptions) => Promise<number>;

const ABOUT = `
Asks the running broker at its socket file: that of the only broker of this user,
of the process that --process names, or of the settings that --config and --set
name. The first question starts a history
in the broker, which ends an hour after the last one. The exit code is 0 if a broker
answers, else 1. --watch redraws a terminal every two seconds; elsewhere it prints
one answer after the other, with --json one object a line.
`;

/** Adds `dunlin status`; `onCode` gets the exit code. */
export function addStatus(
  program: Command,
  run: RunStatus,
  onCode: (code: number) => void,
): void {
  const doc = "show the figures of the running broker";
  addSettings(addCommand(program, "status", doc, ABOUT))
    .option("--process <PID>", "process id of the broker, where several run")
    .option("--watch", "show them again every two seconds")
    .option("--json", "answer in JSON, with the history of an hour")
    .action(async (options: StatusOptions) => onCode(await run(options)));
}
