import { dirname } from "node:path";
import { syncFolder } from "../../files/mod.ts";
import type { Files, OpenFile } from "./files.ts";

/** Bytes read and written at a time. */
const PART = 1024 * 1024;

/** The files of the system. */
export const systemFiles: Files = {
  async open(path, how) {
    return new SystemFile(
      await Deno.open(
        path,
        how === "read"
          ? { read: true }
          : { write: true, createNew: true, mode: 0o600 },
      ),
    );
  },

  async list(folder) {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(folder)) names.push(name);
    return names;
  },

  async size(path) {
    try {
      return (await Deno.lstat(path)).size;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  },

  rename: (from, to) => Deno.rename(from, to),

  async remove(path) {
    try {
      await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  },

  async writeAgain(path, from) {
    const file = await Deno.open(path, { read: true, write: true });
    try {
      const bytes = new Uint8Array(PART);
      for (let at = from;;) {
        await file.seek(at, Deno.SeekMode.Start);
        const count = await file.read(bytes);
        if (count === null) break;
        await file.seek(at, Deno.SeekMode.Start);
        for (let done = 0; done < count;) {
          done += await file.write(bytes.subarray(done, count));
        }
        at += count;
      }
      await file.syncData();
    } finally {
      file.close();
    }
  },

  syncFolder: (path) => syncFolder(dirname(path)),
};

class SystemFile implements OpenFile {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  async size(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#file.read(into);
  }

  async seek(at: number): Promise<void> {
    await this.#file.seek(at, Deno.SeekMode.Start);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#file.write(bytes);
  }

  async truncate(length: number): Promise<void> {
    await this.#file.truncate(length);
    await this.#file.seek(length, Deno.SeekMode.Start);
  }

  sync(): Promise<void> {
    return this.#file.syncData();
  }

  close(): void {
    this.#file.close();
  }
}
