import { copyStore } from "./opening/copy_store.ts";
import { exists } from "./files/files.ts";
import { storeFiles } from "./copies/set_aside.ts";
import { StoreError } from "./base/store_error.ts";
import { systemFiles } from "./files/system_files.ts";
import { present } from "./kv/verify_store.ts";

/** Returns the path of the backup `file` until it is complete. */
export function partialBackup(file: string): string {
  return `${file}.partial`;
}

/**
 * Writes the store at `path`, as of now, to the new file `file`; a broker may
 * use the store meanwhile. The file gets its name when it is complete and
 * verified.
 *
 * @throws {StoreError} `missing`, `corrupt`, `newer`, `full`, or `failing`,
 * also when `file` already exists. No new file is left then.
 */
export async function backupStore(path: string, file: string): Promise<void> {
  await present(path);
  // SQLite would apply a leftover write-ahead log to the new file.
  for (const part of storeFiles(file)) {
    if (!await exists(systemFiles, part)) continue;
    throw new StoreError(
      "failing",
      `${part} already exists; name another file, or remove it`,
    );
  }
  const partial = partialBackup(file);
  await copyStore(path, partial, { alone: false });
  await systemFiles.rename(partial, file);
  await systemFiles.syncFolder(file);
}
