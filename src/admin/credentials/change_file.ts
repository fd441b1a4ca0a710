import { dirname } from "node:path";
import {
  type FileOwner,
  whileLocked,
  writePrivately,
} from "../../files/mod.ts";

/**
 * Writes to the file at `path` what `work` returns, while no other process
 * changes it. Rejects as `work` does, or with the system's error.
 */
export async function changeFile(
  path: string,
  work: () => Promise<string>,
): Promise<void> {
  await whileLocked(path, async () => {
    const text = await work();
    // Root's commands leave the file to the user of the broker.
    await writePrivately(await real(path), text, 0o600, await ownerOf(path));
  });
}

/** Returns the file that a link at `path` leads to: the link stays. */
async function real(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}

/** Returns the owner of a file; for a missing one that of its folder. */
async function ownerOf(path: string): Promise<FileOwner | null> {
  for (const one of [path, dirname(path)]) {
    try {
      const { uid, gid } = await Deno.stat(one);
      const isOwn = uid === null || gid === null || uid === Deno.uid();
      return isOwn ? null : { uid, gid };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}
