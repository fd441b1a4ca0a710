import type { HashKind } from "../../security/passwords/mod.ts";
import { type Answer, writeAnswer } from "../console/answer.ts";
import { CommandError } from "../console/command_error.ts";
import type { Output } from "../console/output.ts";
import { addUser, type Change, removeUser } from "./passwd_change.ts";
import {
  type Keyboard,
  PasswordPrompt,
  readFirstLine,
} from "./password_prompt.ts";
import { startError } from "../settings/start_error.ts";

/** Names of the `dunlin passwd` commands. */
export type PasswdCommandName = "add" | "remove" | "list" | "check";

/** Options of these commands; each takes some of them. */
export interface PasswdOptions {
  /** Read the password from standard input. */
  readonly stdin?: boolean;
  /** Kind of a new password's hash. */
  readonly hash?: HashKind;
  /** Answer in JSON. */
  readonly json?: boolean;
}

/**
 * Runs `dunlin passwd NAME FILE USER`. Resolves to the exit code: 0, or 1 when
 * it could not be done, with the reason, or when the password is wrong.
 */
export async function passwd(
  name: PasswdCommandName,
  file: string,
  user: string,
  options: PasswdOptions,
  keyboard: Keyboard,
  output: Output,
): Promise<0 | 1> {
  const ask = (isNew: boolean) =>
    askPassword(user, isNew, options, keyboard, output);
  return await writeAnswer(
    output,
    options.json,
    () => answer(name, file, user, options, ask),
    (error) => ({ message: reasonOf(error) }),
  );
}

async function answer(
  name: PasswdCommandName,
  file: string,
  user: string,
  { hash = "argon2id" }: PasswdOptions,
  ask: (isNew: boolean) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Answer> {
  const { matches, readPasswordFile } = await import(
    "../../security/passwords/mod.ts"
  );
  switch (name) {
    case "add":
      return told(await addUser(file, user, () => ask(true), hash));
    case "remove":
      return told(await removeUser(file, user));
    case "list": {
      const users = [...await readPasswordFile(file)].map(
        ([name, { kind }]) => ({ name, hash: kind }),
      );
      const text = users.map(({ name, hash }) => `${name}  (${hash})\n`);
      return { code: 0, text: text.join(""), json: { users } };
    }
    case "check": {
      const stored = (await readPasswordFile(file)).get(user);
      if (stored === undefined) {
        throw new CommandError(`${file}: there is no user ${user}`);
      }
      const isRight = await matches(stored, await ask(false));
      return {
        code: isRight ? 0 : 1,
        text: `the password is ${isRight ? "right" : "wrong"}\n`,
        json: { user, matches: isRight },
      };
    }
  }
}

function told({ text, user, file, hash }: Change): Answer {
  return { code: 0, text: `${text}\n`, json: { user, file, hash } };
}

/**
 * Asks for a password, which the terminal does not show; for a new one twice.
 * Rejects with `CommandError` for an empty one.
 */
export async function askPassword(
  user: string,
  isNew: boolean,
  options: Pick<PasswdOptions, "stdin">,
  keyboard: Keyboard,
  output: Output,
): Promise<Uint8Array<ArrayBuffer>> {
  let password: Uint8Array<ArrayBuffer>;
  if (options.stdin) password = await readFirstLine(keyboard);
  else {
    if (!keyboard.isTerminal()) {
      throw new CommandError(
        "there is no terminal to ask for the password: give --stdin to read " +
          "it from standard input",
      );
    }
    const prompt = new PasswordPrompt(keyboard, output);
    password = await prompt.ask(`Password of ${user}: `);
    if (isNew) {
      const again = await prompt.ask("Repeat the password: ");
      if (String(again) !== String(password)) {
        throw new CommandError("the two passwords differ: nothing is changed");
      }
    }
  }
  if (password.length > 0) return password;
  throw new CommandError("the password is empty: nothing is changed");
}

/** Returns the message of a known error; for a mistake of Dunlin its stack. */
function reasonOf(error: unknown): string {
  // A password that SCRAM cannot use throws a `RangeError`.
  const isSaid = error instanceof CommandError ||
    error instanceof RangeError ||
    error instanceof Error && error.name === "PasswordFileError";
  return isSaid ? error.message : startError(error);
}
