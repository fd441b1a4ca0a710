import { HEAD_KEY, KvBlocks, SCHEMA_KEY } from "./kv_blocks.ts";
import { migrate } from "./migration.ts";
import { StoreError } from "./store_error.ts";

/** What is not the file's own fault: the system, its rights, or its disk. */
const SYSTEM =
  /permission|denied|unable to open|disk is full|no space|quota|I\/O|locked|busy|os error|too large|too many open/i;

/**
 * Opens the file at `path`, which was verified, and migrates it.
 *
 * @throws {StoreError} `corrupt` for damage that only Deno KV noticed, `newer`,
 * or `failing`.
 */
export async function openKvBlocks(path: string): Promise<KvBlocks> {
  let kv: Deno.Kv | null = null;
  try {
    await makePrivate(path);
    kv = await Deno.openKv(path);
    const schema = await kv.get<Uint8Array>(SCHEMA_KEY);
    const head = await kv.get<Uint8Array>(HEAD_KEY);
    // A new store is written with the present schema.
    if (head.value !== null) {
      await migrate(kv, schema.value === null ? 1 : schema.value[0]);
    }
    return await KvBlocks.open(kv);
  } catch (error) {
    kv?.close();
    if (error instanceof StoreError) throw error;
    const { message } = error as Error;
    if (error instanceof Deno.errors.PermissionDenied || SYSTEM.test(message)) {
      throw new StoreError(
        "failing",
        `the store ${path} cannot be opened: ${message}`,
        error,
      );
    }
    throw new StoreError(
      "corrupt",
      `its database cannot be used: ${message.split("\n")[0]}`,
      error,
    );
  }
}

/**
 * Makes sure that only this user can read the file at `path`; SQLite gives the
 * files beside it the same mode. An empty file is a new store.
 */
async function makePrivate(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const file = await Deno.open(path, {
    read: true,
    write: true,
    create: true,
    mode: 0o600,
  });
  file.close();
  const { mode } = await Deno.stat(path);
  if (mode !== null && (mode & 0o077) !== 0) await Deno.chmod(path, 0o600);
}
