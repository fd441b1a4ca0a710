import type { Command } from "commander";
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
  const store = program.command("store")
    .description("inspect, back up and restore the store")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show a command's help")
    .addHelpText("after", WHICH);
  for (const [name, doc, argument] of rows) {
    const command = store.command(name).description(doc)
      .helpOption("-h, --help", "show this help")
      .option("-c, --config <FILE>", "configuration file (or DUNLIN_CONFIG)")
      .option(
        "--set <KEY=VALUE>",
        "any setting, as storage.path=/var/lib/dunlin; may be repeated",
        (value: string, before: string[] = []) => [...before, value],
      )
      .option("--path <PATH>", "folder or file of the store")
      .option("--json", "answer in JSON")
      .allowExcessArguments(false).addHelpText("after", WHICH);
    if (argument === undefined) {
      command.action(async (options: StoreOptions) =>
        onCode(await run(name, undefined, options))
      );
    } else {
      command.argument(`<${argument}>`, "the backup").action(
        async (file: string, options: StoreOptions) =>
          onCode(await run(name, file, options)),
      );
    }
  }
}
