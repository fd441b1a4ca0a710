import type { Command } from "commander";
import { addCommand, addGroup, addSettings } from "../console/commands.ts";
import type { StoreCommandName } from "./store.ts";
import type { StoreOptions } from "./store_options.ts";

/** Runs a `dunlin store` command; resolves to its exit code. */
export type RunStore = (
  name: StoreCommandName,
  file: string | undefined,
  options: StoreOptions,
) => Promise<number>;

/** Name, what it does, and what its argument is, if it has one. */
const rows: readonly (readonly [StoreCommandName, string, string?])[] = [
  ["info", "print counts, sizes and the oldest message"],
  ["verify", "look for damage; the broker may run"],
  ["backup", "write a backup to a new file; the broker may run", "FILE"],
  ["restore", "replace the store by a backup, and keep the old store", "FILE"],
  ["compact", "return free pages to the disk; the broker must not run"],
];

const WHICH = `
The store is the one of --path, or of the settings that --config, --set and the
environment give. Without them it is the store of the broker, if exactly one
broker of this user runs, else the default one.
`;

/** Adds `dunlin store` and its commands; `onCode` gets the exit code. */
export function addStore(
  program: Command,
  run: RunStore,
  onCode: (code: number) => void,
): void {
  const doc = "inspect, back up and restore the store";
  const store = addGroup(program, "store", doc, WHICH);
  for (const [name, doc, argument] of rows) {
    const command = addCommand(store, name, doc, WHICH);
    if (argument !== undefined) command.argument(`<${argument}>`, "the backup");
    addSettings(command, "storage.path=/var/lib/dunlin")
      .option("--path <PATH>", "folder or file of the store")
      .option("--json", "answer in JSON")
      .action(async () =>
        onCode(await run(name, command.args[0], command.opts()))
      );
  }
}
