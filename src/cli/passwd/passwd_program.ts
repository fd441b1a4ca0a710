import { type Command, Option } from "commander";
import type { PasswdCommandName, PasswdOptions } from "./passwd.ts";

/** Runs a `dunlin passwd` command; resolves to its exit code. */
export type RunPasswd = (
  name: PasswdCommandName,
  file: string,
  user: string,
  options: PasswdOptions,
) => Promise<number>;

const HASHES = ["argon2id", "pbkdf2-sha512", "scram-sha-256"];

/** Name and what it does; each but `list` is about one user. */
const rows: readonly (readonly [PasswdCommandName, string])[] = [
  ["add", "add a user, or give one a new password; makes the file"],
  ["remove", "remove a user"],
  ["list", "show the users and how their passwords are hashed"],
  ["check", "say whether a password is right: exit code 0, else 1"],
];

const MEANT = `
A password file is used by [[auth]] with type = "password-file" and file = FILE.
Files of mosquitto_passwd are read and changed, too. Mosquitto 2.0 reads files
whose passwords were all added with --hash pbkdf2-sha512.
`;

/** Adds `dunlin passwd` and its commands; `onCode` gets the exit code. */
export function addPasswd(
  program: Command,
  run: RunPasswd,
  onCode: (code: number) => void,
): void {
  const parent = program.command("passwd")
    .description("users and their passwords, in a file")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show a command's help")
    .addHelpText("after", MEANT);
  for (const [name, doc] of rows) {
    const command = parent.command(name).description(doc)
      .helpOption("-h, --help", "show this help")
      .argument("<FILE>", "the password file")
      .option("--json", "answer in JSON")
      .allowExcessArguments(false).addHelpText("after", MEANT);
    if (name === "list") {
      command.action(async (file: string, options: PasswdOptions) =>
        onCode(await run(name, file, "", options))
      );
      continue;
    }
    command.argument("<USER>", "the user name");
    if (name !== "remove") {
      command.option("--stdin", "read the password from standard input");
    }
    if (name === "add") {
      const kind = new Option("--hash <KIND>", "how the password is hashed")
        .choices(HASHES).default("argon2id");
      command.addOption(kind);
    }
    command.action(async (file: string, user: string, options: PasswdOptions) =>
      onCode(await run(name, file, user, options))
    );
  }
}
