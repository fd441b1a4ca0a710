import type { Command } from "commander";
import { addCommand, addGroup } from "../console/commands.ts";

/** The commands of `dunlin service`. */
export type ServiceCommandName = "install" | "uninstall" | "status";

/** Options of `dunlin service`. */
export interface ServiceOptions {
  readonly config?: string;
  readonly user?: boolean;
  readonly system?: boolean;
  readonly print?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Runs a `dunlin service` command; resolves to its exit code. */
export type RunService = (
  name: ServiceCommandName,
  options: ServiceOptions,
) => Promise<number>;

const ABOUT = `
The service is that of the machine for root, and that of the user for all
others, unless --system or --user says otherwise. Dunlin runs no other program:
install and uninstall print the commands for the service manager.
`;

const rows: readonly (readonly [ServiceCommandName, string])[] = [
  ["install", "write a service that starts this program with the machine"],
  ["uninstall", "delete that service; settings and store stay"],
  ["status", "show the service and its broker: exit code 0 if it answers"],
];

/** Adds `dunlin service` and its commands; `onCode` gets the exit code. */
export function addService(
  program: Command,
  run: RunService,
  onCode: (code: number) => void,
): void {
  const doc = "run the broker as a service of this machine";
  const parent = addGroup(program, "service", doc, ABOUT);
  for (const [name, doc] of rows) {
    const command = addCommand(parent, name, doc, ABOUT);
    if (name === "install") {
      command
        .option(
          "-c, --config <FILE>",
          "configuration file (/etc/dunlin/dunlin.toml, if there is one)",
        )
        .option("--print", "print the service instead of writing it")
        .option("--force", "replace a service that differs");
    }
    command.option("--user", "the service of this user")
      .option("--system", "the service of the machine")
      .option("--json", "answer in JSON")
      .action(async (options: ServiceOptions) => {
        if (options.user && options.system) {
          command.error("error: give --user or --system, not both");
        }
        onCode(await run(name, options));
      });
  }
}
