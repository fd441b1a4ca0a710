import { dirname } from "node:path";
import { makePrivateFolder } from "../../files/mod.ts";
import { newEpoch } from "../blocks/blocks.ts";
import type { Disk } from "./disk.ts";
import { KvFile } from "../kv/kv_file.ts";
import { StoreLock } from "./lock.ts";
import { openKvBlocks } from "../kv/open_kv.ts";
import { storeFiles } from "../copies/set_aside.ts";
import { emptyLog, makeSingle } from "../kv/single_file.ts";
import { askSystem } from "../space/space.ts";
import { StoreError } from "../base/store_error.ts";
import { systemFiles } from "../files/system_files.ts";
import { verify } from "../kv/verify_store.ts";

/** Stores in the system's files. */
export const systemDisk: Disk = {
  files: systemFiles,

  async lock(path, name) {
    await makeFolder(dirname(path));
    await checkPath(path);
    const lock = await StoreLock.take(path, name);
    await keepPrivate(lock.path);
    return lock;
  },

  verify,
  damaged: (path) => ({
    async read(finds, range) {
      const file = await KvFile.open(path).catch(() => null);
      if (file === null) return;
      try {
        await file.salvage(finds, range);
      } finally {
        file.close();
      }
    },
  }),
  openToRead: (path) => KvFile.open(path),
  openBlocks: openKvBlocks,
  makeSingle: (path) => makeSingle(path, false),
  newEpoch,
  emptyLog,
  space: askSystem,
};

/**
 * Removes other users' permission to read the store at `path`, which a copied
 * file may have. Before SQLite reads it: the files beside it get the same mode.
 */
async function keepPrivate(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  for (const file of storeFiles(path)) {
    const found = await Deno.stat(file).catch(() => null);
    if (((found?.mode ?? 0) & 0o077) !== 0) {
      // The opening reports files that are not accessible.
      await Deno.chmod(file, 0o600).catch(() => {});
    }
  }
}

/** Throws `StoreError` when `path` is a folder. */
async function checkPath(path: string): Promise<void> {
  const isFolder = await Deno.stat(path).then(
    ({ isDirectory }) => isDirectory,
    () => false,
  );
  if (!isFolder) return;
  throw new StoreError(
    "failing",
    `the store cannot be ${path}: it is a folder. A path that ends in .kv ` +
      "names a file; for a store in that folder, name a file in it",
  );
}

async function makeFolder(path: string): Promise<void> {
  if (await isFile(path)) {
    throw new StoreError(
      "failing",
      `the store cannot be in ${path}: it is a file. A store is a folder, ` +
        "or a file that ends in .kv",
    );
  }
  try {
    await makePrivateFolder(path);
  } catch (error) {
    throw new StoreError(
      "failing",
      `the folder of the store cannot be made: ${(error as Error).message}`,
      error,
    );
  }
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
