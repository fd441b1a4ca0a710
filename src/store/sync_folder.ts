import { dirname } from "node:path";

/**
 * Waits until the folder of `path` is on disk as it is: a file may be, and yet
 * not be found after a power cut. Systems that cannot do it are let be.
 */
export async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  let folder: Deno.FsFile;
  try {
    folder = await Deno.open(dirname(path), { read: true });
  } catch {
    // A folder that may be written and not be read.
    return;
  }
  try {
    await folder.sync();
  } catch {
    // Some file systems of networks refuse it.
  } finally {
    folder.close();
  }
}
