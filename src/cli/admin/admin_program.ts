import { type Command, Option } from "commander";
import { addCommand, addGroup, addSettings } from "../console/commands.ts";

/** Names of the `dunlin admin` commands. */
export type AdminCommandName =
  | "password"
  | "open"
  | "token create"
  | "token list"
  | "token revoke";

/** Options of these commands; each takes some of them. */
export interface AdminOptions {
  /** Configuration file of the broker. */
  readonly config?: string;
  /** Single settings. */
  readonly set?: readonly string[];
  /** Name of the user. */
  readonly user?: string;
  readonly role?: "viewer" | "admin";
  /** Read the password from standard input. */
  readonly stdin?: boolean;
  /** Life of a token, as a duration. */
  readonly expires?: string;
  /** Print the link, and open no browser. */
  readonly print?: boolean;
  /** Answer in JSON. */
  readonly json?: boolean;
}

/** Runs a `dunlin admin` command; resolves to its exit code. */
export type RunAdmin = (
  name: AdminCommandName,
  argument: string | undefined,
  options: AdminOptions,
) => Promise<number>;

const ABOUT = `
The commands change the file of users and tokens beside the store, of the broker
that --config, --set and the environment name. Without them it is the broker that
runs, if exactly one broker of this user does. A running broker uses the change at
once.
`;

const ROLES = ["viewer", "admin"];

/** Adds `dunlin admin` and its commands; `onCode` gets the exit code. */
export function addAdmin(
  program: Command,
  run: RunAdmin,
  onCode: (code: number) => void,
): void {
  const doc = "users and tokens of the admin page";
  const admin = addGroup(program, "admin", doc, ABOUT);
  const add = (parent: Command, name: AdminCommandName, doc: string) => {
    const command = addCommand(parent, name.split(" ").at(-1)!, doc, ABOUT);
    command.action(async () =>
      onCode(await run(name, command.args[0], command.opts()))
    );
    return addSettings(command).option("--json", "answer in JSON");
  };
  add(admin, "password", "set a user's password, or add a user")
    .option("--user <NAME>", "name of the user", "admin")
    .addOption(
      new Option("--role <ROLE>", "rights of the user; a new one is an admin")
        .choices(ROLES),
    )
    .option("--stdin", "read the password from standard input");
  add(admin, "open", "open the page in a browser, logged in")
    .option("--user <NAME>", "name of the user", "admin")
    .option("--print", "print the link, which logs in once, and open nothing");
  const about = "make, list and revoke tokens of programs";
  const token = addGroup(admin, "token", about, ABOUT);
  add(token, "token create", "make a token and print it, this once")
    .argument("<NAME>", "the purpose, for the list")
    .addOption(
      new Option("--role <ROLE>", "rights of the token").choices(ROLES)
        .default("viewer"),
    )
    .option("--expires <TIME>", "life of the token, as 90d", "never");
  add(token, "token list", "list all tokens, without their secrets");
  add(token, "token revoke", "revoke a token")
    .argument("<ID>", "the token's id, from the list");
}
