import { dirname } from "node:path";
import { makePrivateFolder } from "./private_folder.ts";

/**
 * Runs `work` while no other caller, in this process or another, works on the
 * file `path`. The lock is the kernel's, on `path` + `.lock`: it ends with the
 * process, however that ends. Waits for its turn as long as it takes. Rejects
 * as `work` does, or with the system's error for the lock file.
 */
export async function whileLocked<T>(
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  await makePrivateFolder(dirname(path));
  // The file stays: another may have it open by the time this one is done.
  using file = await Deno.open(`${path}.lock`, {
    read: true,
    write: true,
    create: true,
    mode: 0o600,
  });
  await file.lock(true);
  return await work();
}
