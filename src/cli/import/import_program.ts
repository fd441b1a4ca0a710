import type { Command } from "commander";
import type { ImportOptions } from "./import_options.ts";

/** Runs `dunlin import`; resolves to its exit code. */
export type RunImport = (
  file: string,
  options: ImportOptions,
) => Promise<number>;

const ABOUT = `
Relative paths stay as they are. Mosquitto takes them from the folder it is
started in, dunlin from the folder of its configuration file. The result says
behind each setting which line it was, and keeps each line without a counterpart
as a comment. The exit code is 3 when a line about access became a stricter one,
and 1 when the result cannot be used.
`;

/** Adds `dunlin import`; `onCode` gets the exit code. */
export function addImport(
  program: Command,
  run: RunImport,
  onCode: (code: number) => void,
): void {
  program.command("import")
    .description("make a configuration from one of Mosquitto's")
    .helpOption("-h, --help", "show this help")
    .argument("<FILE>", "mosquitto.conf; what it includes is read, too")
    .option("-o, --out <FILE>", "where to write it; without, it is shown")
    .option("--force", "replace that file")
    .allowExcessArguments(false).addHelpText("after", ABOUT)
    .action(async (file: string, options: ImportOptions) =>
      onCode(await run(file, options))
    );
}
