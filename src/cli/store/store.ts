import type { Clock } from "../../clock/mod.ts";
import { StoreError } from "../../store/mod.ts";
import { writeAnswer } from "../console/answer.ts";
import type { Output } from "../console/output.ts";
import { Progress } from "../terminal/progress.ts";
import { startError } from "../settings/start_error.ts";
import { shownPath } from "../console/shown_path.ts";
import type { StoreCommand, StoreOptions, WorkOn } from "./store_options.ts";
import { storeTarget } from "./store_target.ts";
import { inThread } from "./store_thread.ts";

/** Names of the `dunlin store` commands. */
export type StoreCommandName =
  | "info"
  | "verify"
  | "backup"
  | "restore"
  | "compact";

const commands: Readonly<
  Record<StoreCommandName, () => Promise<StoreCommand>>
> = {
  info: async () => (await import("./store_commands.ts")).info,
  verify: async () => (await import("./store_commands.ts")).verify,
  backup: async () => (await import("./store_commands.ts")).backup,
  restore: async () => (await import("./store_commands.ts")).restore,
  compact: async () => (await import("./store_commands.ts")).compact,
};

/**
 * Runs `dunlin store NAME [FILE]`. Resolves to the exit code: 0, or 1 when it
 * could not be done, with the reason.
 */
export async function store(
  name: StoreCommandName,
  file: string | undefined,
  options: StoreOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
  clock: Clock,
): Promise<0 | 1> {
  const work = async () => {
    const path = await storeTarget(options, environment, output);
    const command = await commands[name]();
    return await command({
      path,
      file: file ?? "",
      shown: shownPath(path, environment.HOME),
      state: async () => {
        const { stateOfBroker } = await import("../running/ask_broker.ts");
        return await stateOfBroker(path, clock);
      },
      work: workOn(output, clock),
    });
  };
  return await writeAnswer(
    output,
    options.json,
    work,
    (error) =>
      error instanceof StoreError
        ? { fault: error.fault, message: reasonOf(error, name) }
        : { fault: null, message: startError(error) },
  );
}

/** Work in a thread of its own; on a terminal with a line that tells of it. */
function workOn(output: Output, clock: Clock): WorkOn {
  return (label, name, args, part) => {
    const progress = output.steer !== undefined
      ? new Progress(label, part ?? null, clock, output.steer)
      : null;
    return inThread(name, args).finally(() => progress?.end());
  };
}

/** Returns what is wrong, and what to do about it. */
function reasonOf(
  { fault, message, todo }: StoreError,
  name: StoreCommandName,
): string {
  // Commands that work beside a running broker say so in their help.
  if (fault === "locked") return `${message}; stop it first`;
  if (fault === "corrupt" && name === "restore") {
    return `${message}\n  take another backup`;
  }
  if (fault !== "corrupt" || todo !== null) {
    return todo === null ? message : `${message}\n  ${todo}`;
  }
  return `${message}\n  the next start renames it, and rebuilds it if storage.mode ` +
    "is fault-tolerant, or else starts empty; " +
    `"dunlin store restore FILE" puts a backup in its place`;
}
