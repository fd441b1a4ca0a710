import { dirname } from "node:path";
import { syncFolder } from "./sync_folder.ts";

/** Owner of a file; only root can give files to others. */
export interface FileOwner {
  /** The user's number. */
  readonly uid: number;
  /** The group's number. */
  readonly gid: number;
}

/**
 * Writes `content` to `path`, for this user alone unless `mode` and `owner` say
 * otherwise. Readers see the file that was there or the new one, never half of
 * it, and so does the next start after a power cut: it is written beside,
 * synced, and renamed. Rejects with what the system says; nothing is left then.
 */
export async function writePrivately(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
  owner: FileOwner | null = null,
): Promise<void> {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  const beside = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await writeSynced(beside, bytes, mode);
    if (owner !== null) await Deno.chown(beside, owner.uid, owner.gid);
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeSynced(
  path: string,
  bytes: Uint8Array,
  mode: number,
): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode });
  for (let at = 0; at < bytes.length;) {
    at += await file.write(bytes.subarray(at));
  }
  // The mask of the process may have taken more away than was asked for.
  if (Deno.build.os !== "windows") await Deno.chmod(path, mode);
  await file.sync();
}
