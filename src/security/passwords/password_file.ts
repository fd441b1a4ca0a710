import { CodedError } from "../../errors/mod.ts";
import { parseHash, type PasswordHash, printHash } from "./hash.ts";

/** More than a million users; whatever is larger is no password file. */
const MOST = 256 << 20;

/** A password file that cannot be used; the message says what and where. */
export class PasswordFileError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "password-file-invalid";
  /** As errors are known by. */
  override readonly name: string = "PasswordFileError";
}

/** The users of a password file by name, in its order. */
export type PasswordUsers = ReadonlyMap<string, PasswordHash>;

/**
 * Reads a password file: a line `user:hash` each, as `dunlin passwd` and
 * Mosquitto write it; empty lines and those behind `#` say nothing. Rejects
 * with `PasswordFileError`.
 */
export async function readPasswordFile(path: string): Promise<PasswordUsers> {
  return parsePasswordFile(await readPasswordText(path), path);
}

/** Returns the text of a password file. Rejects with `PasswordFileError`. */
export async function readPasswordText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    const { size } = await Deno.stat(path);
    if (size > MOST) throw new PasswordFileError(`${path}: it is over 256 MiB`);
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof PasswordFileError) throw error;
    throw new PasswordFileError(`${path}: ${reasonOf(error as Error)}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new PasswordFileError(`${path}: it is not UTF-8`);
  }
}

/** As `readPasswordFile`; `path` is for the messages. Throws. */
export function parsePasswordFile(text: string, path: string): PasswordUsers {
  const users = new Map<string, PasswordHash>();
  text.split("\n").forEach((line, index) => {
    const entry = entryOf(line);
    if (entry === null) return;
    const [user, hash] = entry;
    const where = `${path}:${index + 1}`;
    if (user === "" || hash === undefined) {
      throw new PasswordFileError(
        `${where}: it is not "user:hash"; dunlin passwd add ${path} USER ` +
          "adds a user",
      );
    }
    if (users.has(user)) {
      throw new PasswordFileError(
        `${where}: the user ${user} is there already: remove one of the lines`,
      );
    }
    try {
      users.set(user, parseHash(hash));
    } catch (error) {
      throw new PasswordFileError(
        `${where}: the hash of ${user} cannot be used: ` +
          `${(error as Error).message}; dunlin passwd add ${path} ${user} ` +
          "makes a new one",
      );
    }
  });
  return users;
}

/** Returns whether the text of a password file has a line about `user`. */
export function hasUser(text: string, user: string): boolean {
  return text.split("\n").some((line) => entryOf(line)?.[0] === user);
}

/**
 * Returns the text of a password file in which `user` has `hash`, or is missing
 * when that is null. All other lines stay as they are.
 */
export function withUser(
  text: string,
  user: string,
  hash: PasswordHash | null,
): string {
  const line = hash === null ? null : `${user}:${printHash(hash)}`;
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const at = lines.findIndex((one) => entryOf(one)?.[0] === user);
  if (at >= 0) lines.splice(at, 1, ...(line === null ? [] : [line]));
  else if (line !== null) lines.push(line);
  return lines.map((one) => `${one}\n`).join("");
}

/** User and hash of a line; null where it says nothing. */
function entryOf(line: string): [user: string, hash?: string] | null {
  const text = line.trimEnd();
  if (text === "" || text.startsWith("#")) return null;
  // No hash has a colon; user names may not have one, either.
  const colon = text.indexOf(":");
  return colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
}

function reasonOf(error: Error): string {
  if (error instanceof Deno.errors.NotFound) {
    return "there is no such file; dunlin passwd add FILE USER makes one";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "it may not be read by this user";
  }
  return `it cannot be read: ${error.message}`;
}
