import { CommandError } from "./command_error.ts";

/** More than any certificate, key or request; a wrong name may be a disk's. */
const MOST = 1 << 20;

/**
 * Returns the bytes of a file that was named. Rejects with `CommandError` when
 * it cannot be read or is over 1 MiB.
 */
export async function readBytes(
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size } = await Deno.stat(path);
    if (size <= MOST) return await Deno.readFile(path);
  } catch (error) {
    throw new CommandError(`${path}: ${reasonOf(error as Error)}`, error);
  }
  throw new CommandError(`${path}: it is too large to be what is needed here`);
}

/** Returns the same as text. */
export async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path));
}

/** Returns a password: the first line of its file, without the end of line. */
export async function readPassword(path: string): Promise<string> {
  return (await readText(path)).split(/\r?\n/, 1)[0];
}

function reasonOf(error: Error): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "it may not be read by this user";
  }
  return `it cannot be read: ${error.message}`;
}
