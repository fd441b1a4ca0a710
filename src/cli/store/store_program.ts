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
  ["info", "show what is in it: counts, sizes, the oldest message"],
  ["verify", "look for damage, as each start does"],
  ["backup", "write it to a new file; the broker may run", "FILE"],
  ["restore", "put a backup in its place; what was there is kept", "FILE"],
  ["compact", "make it as small as it can be; the broker must not run"],
];

const WHICH = `
Which store: that of --path, else that of the settings, as "dunlin serve" with
the same --config and --set, or the same environment, would use. Without any of
these: that of the broker, if one broker of this user runs.
`;

/** Adds `dunlin store` and its commands; `onCode` gets the exit code. */
export function addStore(
  program: Command,
  run: RunStore,
  onCode: (code: number) => void,
): void {
  const store = program.command("store")
    .description("look after what the broker has stored")
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
