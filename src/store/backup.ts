import { exists, removeFile } from "./files.ts";
import { KvFile } from "./kv_file.ts";
import { damaged, FULL, present, verifyStore } from "./offline.ts";
import { whyFull } from "./open_store.ts";
import { StoreError } from "./store_error.ts";
import { syncFolder } from "./sync_folder.ts";
import { verify } from "./verified_start.ts";

/**
 * Writes the store at `path`, as of now, to the new file `file`; a broker may
 * use it meanwhile. What was written is checked.
 *
 * @throws {StoreError} `missing`, `corrupt`, `newer`, `full`, or `failing`, also
 * when there is a file already. Then no file is left that was not there.
 */
export async function backupStore(path: string, file: string): Promise<void> {
  await present(path);
  if (await exists(file)) {
    throw new StoreError("failing", `${file} is there already`);
  }
  try {
    await copy(path, file);
  } catch (error) {
    await removeFile(file).catch(() => {});
    throw error;
  }
}

/** Copies the store at `path`, has the disk take it, and checks the copy. */
async function copy(path: string, file: string): Promise<void> {
  const from = await KvFile.open(path).catch((error) => {
    throw damaged(error, path);
  });
  try {
    from.copyTo(file);
    // SQLite leaves that to us.
    const to = await Deno.open(file, { read: true, write: true });
    await to.sync().finally(() => to.close());
    await syncFolder(file);
  } catch (error) {
    throw await notCopied(error as Error, path, file);
  } finally {
    from.close();
  }
  // What the copy has that is wrong it has from the store.
  await verify(file).catch((error) => {
    throw damaged(error, path);
  });
}

/** Tells a damaged store from a disk that does not take the backup. */
async function notCopied(
  error: Error,
  path: string,
  file: string,
): Promise<unknown> {
  const { message } = error;
  if (await whyFull(file) !== null || FULL.test(message)) {
    return new StoreError("full", `no room for the backup ${file}`, error);
  }
  // It says so where the store is looked over as well.
  await verifyStore(path);
  return new StoreError(
    "failing",
    `the backup ${file} cannot be written: ${message}`,
    error,
  );
}
