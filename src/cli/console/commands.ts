import { type Command, Option } from "commander";

/** Adds the command `name` to `parent`; `about` follows its help. */
export function addCommand(
  parent: Command,
  name: string,
  doc: string,
  about: string,
): Command {
  return parent.command(name).description(doc)
    .helpOption("-h, --help", "show this help")
    .allowExcessArguments(false).addHelpText("after", about);
}

/** The same for a command that only has commands below it. */
export function addGroup(
  parent: Command,
  name: string,
  doc: string,
  about: string,
): Command {
  return addCommand(parent, name, doc, about)
    .helpCommand("help [command]", "show a command's help");
}

/** Adds the options that choose the settings; `example` is one for `--set`. */
export function addSettings(command: Command, example?: string): Command {
  const like = example === undefined ? "" : `, as ${example}`;
  return command
    .option("-c, --config <FILE>", "configuration file (or DUNLIN_CONFIG)")
    .addOption(
      repeated("--set <KEY=VALUE>", `any setting${like}; may be repeated`),
    );
}

/** Returns an option that may be repeated: its value is a list. */
export function repeated(flags: string, doc: string): Option {
  return new Option(flags, doc).argParser(
    (value: string, before: string[] = []) => [...before, value],
  );
}
