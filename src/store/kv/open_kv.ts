import { KvBlocks, SCHEMA_KEY } from "./kv_blocks.ts";
import { migrate } from "./migration.ts";
import { openFault } from "../base/open_fault.ts";
import { HEAD_KEY } from "./own_kv.ts";

/**
 * Opens the file at `path`, which was verified, and migrates it.
 *
 * @throws {StoreError} `corrupt` for damage that only Deno KV notices, `newer`,
 * or `failing` for errors that prove no damage.
 */
export async function openKvBlocks(path: string): Promise<KvBlocks> {
  let kv: Deno.Kv | null = null;
  try {
    await makePrivate(path);
    kv = await Deno.openKv(path);
    const schema = await kv.get<Uint8Array>(SCHEMA_KEY);
    const head = await kv.get<Uint8Array>(HEAD_KEY);
    // An empty store is written with the present schema.
    if (head.value !== null) {
      await migrate(kv, schema.value === null ? 1 : schema.value[0]);
    }
    return await KvBlocks.open(kv, path);
  } catch (error) {
    kv?.close();
    throw openFault(error, `the store ${path}`, "opened");
  }
}

/**
 * Lets only this user read the file at `path`; SQLite gives the files beside it
 * the same mode. Creates an empty file for a new store.
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
