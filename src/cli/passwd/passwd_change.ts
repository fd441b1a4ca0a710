import { dirname } from "node:path";
import {
  type FileOwner,
  whileLocked,
  writePrivately,
} from "../../files/mod.ts";
import {
  type HashKind,
  hasUser,
  makeHash,
  parsePasswordFile,
  type PasswordHash,
  readPasswordText,
  withUser,
} from "../../security/passwords/mod.ts";
import { CommandError } from "../console/command_error.ts";

/** Change of a password file. */
export interface Change {
  /** In words. */
  readonly text: string;
  readonly user: string;
  /** Path of the file, with all links followed. */
  readonly file: string;
  /** Kind of the password's hash; null for a removed user. */
  readonly hash: HashKind | null;
}

/**
 * Adds a user to a password file, which is made when it is missing, or gives
 * one who is there a new password. `ask` is called when all else is clear.
 * Rejects with `CommandError` or `PasswordFileError`, and nothing is changed.
 */
export async function addUser(
  path: string,
  user: string,
  ask: () => Promise<Uint8Array<ArrayBuffer>>,
  kind: HashKind,
): Promise<Change> {
  checkName(user);
  const file = await realFile(path);
  const hash = await makeHash(await ask(), kind);
  const before = await change(file, user, hash);
  const text = before.isThere
    ? `${user} has a new password in ${path} (${kind})`
    : `${user} is in ${path} (${kind})`;
  return { text, user, file, hash: kind };
}

/** Removes a user. Rejects as `addUser`, and when there is no such user. */
export async function removeUser(path: string, user: string): Promise<Change> {
  const file = await realFile(path);
  await change(file, user, null);
  return { text: `${user} is removed from ${path}`, user, file, hash: null };
}

async function change(
  file: string,
  user: string,
  hash: PasswordHash | null,
): Promise<{ isThere: boolean }> {
  try {
    return await whileLocked(file, async () => {
      const found = await look(file);
      const text = found === null ? "" : await readPasswordText(file);
      const isThere = hasUser(text, user);
      if (hash === null && !isThere) {
        throw new CommandError(`${file}: there is no user ${user}`);
      }
      const next = withUser(text, user, hash);
      // Any other fault would keep the broker from reading the file.
      parsePasswordFile(next, file);
      await writePrivately(file, next, modeOf(found), ownerOf(found));
      return { isThere };
    });
  } catch (error) {
    const { NotFound, PermissionDenied } = Deno.errors;
    if (error instanceof NotFound || error instanceof PermissionDenied) {
      throw new CommandError(
        `${file} cannot be written: ${error.message}`,
        error,
      );
    }
    throw error;
  }
}

/** A link stays a link: what it leads to is replaced. */
async function realFile(path: string): Promise<string> {
  if (await look(path) !== null) return await Deno.realPath(path);
  const folder = dirname(path);
  if (await look(folder) !== null) return path;
  throw new CommandError(`${path}: there is no folder ${folder}`);
}

async function look(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new CommandError(
      `${path} cannot be examined: ${(error as Error).message}`,
      error,
    );
  }
}

/** A group that could read the file still can; everybody never. */
function modeOf(found: Deno.FileInfo | null): number {
  return ((found?.mode ?? 0) & 0o770) | 0o600;
}

/** Root, at a broker's file, must not take it away from the broker. */
function ownerOf(found: Deno.FileInfo | null): FileOwner | null {
  if (found === null || found.uid === null || found.gid === null) return null;
  const { uid, gid } = found;
  return uid === Deno.uid() && gid === Deno.gid() ? null : { uid, gid };
}

/** Refuses a name that a line of the file, or MQTT, cannot hold. */
function checkName(user: string): void {
  const fault = user === ""
    ? "it is empty"
    : /[:\p{Cc}]/u.test(user)
    ? "it contains a colon or a control character"
    : user.startsWith("#") || user.trimEnd() !== user
    ? "it begins with # or ends with a space"
    : new TextEncoder().encode(user).length > 65_535
    ? "it is longer than 65535 bytes"
    : null;
  if (fault === null) return;
  throw new CommandError(`${user || '""'} cannot be a user name: ${fault}`);
}
