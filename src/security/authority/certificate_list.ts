import { whileLocked, writePrivately } from "../../files/mod.ts";
import type { CertificateEntry, CertificateList } from "./certificate_entry.ts";
import { ListError } from "./list_error.ts";
import { FormatFault, readListText, writeListText } from "./list_format.ts";

/**
 * The list in the file `path`; an empty one when there is no such file.
 * Rejects with `ListError` when it cannot be read or makes no sense: then
 * whoever decides by it keeps to the list they had.
 */
export async function readList(path: string): Promise<CertificateList> {
  return await read(path);
}

/**
 * Reads the list in `path`, lets `change` alter it, and writes it if that made
 * a difference, while no other process can. Resolves to what `change` returns;
 * rejects with what it throws, the list unchanged, or with `ListError`.
 */
export async function changeList<T>(
  path: string,
  change: (list: Map<string, CertificateEntry>) => T,
): Promise<T> {
  return await guarded(path, () =>
    whileLocked(path, async () => {
      const list = await read(path);
      const before = writeListText(list);
      const result = change(list);
      const after = writeListText(list);
      if (after !== before) await writePrivately(path, after);
      return result;
    }));
}

async function read(path: string): Promise<Map<string, CertificateEntry>> {
  try {
    return readListText(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    if (error instanceof FormatFault) {
      throw new ListError(path, error.message, error);
    }
    const reason = (error as Error).message;
    throw new ListError(path, `cannot be read: ${reason}`, error);
  }
}

/** The system's complaints get a name; those of `change` stay what they are. */
async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isSystems = error instanceof Error && "code" in error &&
      !(error instanceof ListError);
    if (!isSystems) throw error;
    throw new ListError(path, `cannot be written: ${error.message}`, error);
  }
}
