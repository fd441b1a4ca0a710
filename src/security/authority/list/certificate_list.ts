import { whileLocked, writePrivately } from "../../../files/mod.ts";
import type { CertificateEntry, CertificateList } from "./certificate_entry.ts";
import { ListError } from "./list_error.ts";
import { FormatFault, readListText, writeListText } from "./list_format.ts";

/**
 * Reads the list in the file `path`; an empty one when there has never been
 * such a file. Rejects with `ListError` when the file cannot be read, makes no
 * sense, or is missing although its lock file says that it existed: an empty
 * list would forget all revocations.
 */
export async function readList(path: string): Promise<CertificateList> {
  return await read(path, false) ?? new Map();
}

/**
 * As `readList`, for a broker: it notes in the lock file that the list exists.
 * With `wasThere` it rejects for a missing file in any case.
 */
export async function enforceList(
  path: string,
  wasThere: boolean,
): Promise<CertificateList> {
  const list = await read(path, wasThere);
  if (list !== null) await mark(path);
  return list ?? new Map();
}

/**
 * Reads the list in `path`, lets `change` alter it, and writes it if that made
 * a difference, while no other process can. Resolves to what `change` returns;
 * rejects with what it throws, the list unchanged, or with `ListError` as
 * `readList` does.
 */
export async function changeList<T>(
  path: string,
  change: (list: Map<string, CertificateEntry>) => T,
  wasThere = false,
): Promise<T> {
  return await guarded(path, () =>
    whileLocked(path, async () => {
      const found = await read(path, wasThere);
      const list = found ?? new Map();
      const before = writeListText(list);
      const result = change(list);
      const after = writeListText(list);
      const isNew = after !== before;
      if (isNew) await writePrivately(path, after);
      if (isNew || found !== null) await mark(path);
      return result;
    }));
}

/** Null when there has never been such a file. */
async function read(
  path: string,
  wasThere: boolean,
): Promise<Map<string, CertificateEntry> | null> {
  try {
    return readListText(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      if (!wasThere && !await isMarked(path)) return null;
      throw new ListError(
        path,
        "is missing, and its revocations with it: put back a copy; to begin " +
          `with an empty list, write ${EMPTY} to the file`,
        error,
      );
    }
    if (error instanceof FormatFault) {
      throw new ListError(path, error.message, error);
    }
    const reason = (error as Error).message;
    throw new ListError(path, `cannot be read: ${reason}`, error);
  }
}

/** The shortest list there is. */
const EMPTY = '{"version":1,"certificates":{}}';

/** Content of the lock file of a list that was once written. */
const MARK = "The list beside this file has been written once. Without the " +
  "list no certificate is judged: an empty one would forget revocations.\n";

async function isMarked(path: string): Promise<boolean> {
  return await Deno.stat(`${path}.lock`).then(
    ({ size }) => size > 0,
    () => false,
  );
}

/** Notes that the list exists; a folder that takes no file goes without. */
async function mark(path: string): Promise<void> {
  if (await isMarked(path)) return;
  try {
    await Deno.writeTextFile(`${path}.lock`, MARK, { mode: 0o600 });
  } catch {
    return;
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
