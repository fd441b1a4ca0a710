import type { Lock } from "./disk.ts";
import { openFault } from "../base/open_fault.ts";
import { realStorePath } from "../files/real_path.ts";
import { refuseSecondPath } from "./second_path.ts";
import { StoreError } from "../base/store_error.ts";

/**
 * Locks a store against other brokers. The kernel holds the lock on a file
 * beside the store and releases it when the process ends. The text in the file
 * only names the holder.
 */
export class StoreLock implements Lock {
  readonly path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Locks the store at `path` for the broker called `name`.
   *
   * @throws {StoreError} `locked` with name and process id of the holder.
   */
  static async take(path: string, name: string): Promise<StoreLock> {
    const real = await realStorePath(path).catch((error) => {
      throw openFault(error, `the store ${path}`, "found");
    });
    const file = await openFile(`${real}.lock`);
    if (!await tryLock(file)) {
      const holder = await readHolder(file);
      file.close();
      throw new StoreError(
        "locked",
        `the store ${path} is in use by ${holder}`,
      );
    }
    const lock = new StoreLock(real, file);
    try {
      await refuseSecondPath(real);
    } catch (error) {
      await lock.release();
      throw error;
    }
    await lock.#write(`${name}\n${Deno.pid}\n`);
    return lock;
  }

  /** Unlocks the store. */
  async release(): Promise<void> {
    await this.#write("");
    // A child process that is being started would keep the lock of a closed
    // file.
    await this.#file.unlock().catch(() => {});
    // The file stays: another broker may have it open already.
    this.#file.close();
  }

  /**
   * Writes the holder's name. A full disk is no obstacle: the lock works
   * without.
   */
  async #write(text: string): Promise<void> {
    try {
      await this.#file.truncate(0);
      await this.#file.seek(0, Deno.SeekMode.Start);
      await this.#file.write(new TextEncoder().encode(text));
    } catch {
      return;
    }
  }
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
  } catch (error) {
    throw openFault(error, `the lock ${path}`, "opened");
  }
}

/** Some network file systems have no locks. */
async function tryLock(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch (error) {
    file.close();
    throw openFault(error, "the store", "locked");
  }
}

async function readHolder(file: Deno.FsFile): Promise<string> {
  const bytes = new Uint8Array(256);
  const length = await file.read(bytes) ?? 0;
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  const [name, pid] = text.split("\n");
  return pid ? `${name}, process ${pid}` : "another process";
}
