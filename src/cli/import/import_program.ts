import type { Command } from "commander";
import { addCommand } from "../console/commands.ts";
import type { ImportOptions } from "./import_options.ts";

/** Runs `dunlin import`; resolves to its exit code. */
export type RunImport = (
  file: string,
  options: ImportOptions,
) => Promise<number>;

const ABOUT = `
Relative paths stay. In Mosquitto they start at the folder where it starts, in
Dunlin at the folder of the configuration file. Each setting of the result has a
comment with the line it comes from. Lines without a counterpart stay as
comments. The exit code is 3 if the result allows less than Mosquitto, and 1 if
it cannot be used.
`;

/** Adds `dunlin import`; `onCode` gets the exit code. */
export function addImport(
  program: Command,
  run: RunImport,
  onCode: (code: number) => void,
): void {
  const doc = "translate a configuration of Mosquitto";
  addCommand(program, "import", doc, ABOUT)
    .argument("<FILE>", "mosquitto.conf; included files are read too")
    .option(
      "-o, --out <FILE>",
      "file to write; without it the result is printed",
    )
    .option("--force", "replace that file")
    .action(async (file: string, options: ImportOptions) =>
      onCode(await run(file, options))
    );
}
