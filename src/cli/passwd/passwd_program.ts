import { type Command, Option } from "commander";
import { addCommand, addGroup } from "../console/commands.ts";
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
  ["add", "add a user or change the password; creates the file"],
  ["remove", "remove a user"],
  ["list", "list the users and the kinds of their hashes"],
  ["check", "check a password: exit code 0 if it is right, else 1"],
];

const MEANT = `
An [[auth]] table with type = "password-file" and file = FILE uses the file. The
commands also read and change files of mosquitto_passwd. Mosquitto 2.0 reads a
file if all its passwords were added with --hash pbkdf2-sha512.
`;

/** Adds `dunlin passwd` and its commands; `onCode` gets the exit code. */
export function addPasswd(
  program: Command,
  run: RunPasswd,
  onCode: (code: number) => void,
): void {
  const parent = addGroup(program, "passwd", "manage a password file", MEANT);
  for (const [name, doc] of rows) {
    const command = addCommand(parent, name, doc, MEANT)
      .argument("<FILE>", "the password file")
      .option("--json", "answer in JSON");
    if (name !== "list") command.argument("<USER>", "the user name");
    if (name === "add" || name === "check") {
      command.option("--stdin", "read the password from standard input");
    }
    if (name === "add") {
      const kind = new Option("--hash <KIND>", "kind of the password hash")
        .choices(HASHES).default("argon2id");
      command.addOption(kind);
    }
    command.action(async () => {
      const [file, user = ""] = command.args;
      onCode(await run(name, file, user, command.opts()));
    });
  }
}
