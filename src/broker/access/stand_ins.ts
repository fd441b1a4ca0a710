import { join } from "node:path";
import { makePrivateFolder, writePrivately } from "../../files/mod.ts";
import type { StandIns } from "../../security/scram/mod.ts";

/** Name of the key's file in the folder of the store. */
const FILE = "scram-salts.key";

const KEY_BYTES = 32;

/** The key of a broker that stores nothing: one for the process. */
let processKey: Uint8Array | null = null;

/**
 * Makes the stand-ins that the SCRAM links of one state of the settings share,
 * when the first link asks for them.
 *
 * @param folder Of the store, where the key is kept; null keeps none.
 */
export function sharedStandIns(
  folder: string | null,
): () => Promise<StandIns> {
  let made: Promise<StandIns> | null = null;
  return () => made ??= makeStandIns(folder);
}

async function makeStandIns(folder: string | null): Promise<StandIns> {
  const { StandIns } = await import("../../security/scram/mod.ts");
  const key = folder === null ? processKey ??= newKey() : await keptKey(folder);
  return new StandIns(key);
}

/** Reads the key in `folder`, or writes one. Rejects with what to do. */
async function keptKey(folder: string): Promise<Uint8Array> {
  const path = join(folder, FILE);
  const found = await readKey(path);
  if (found !== null) return found;
  await makePrivateFolder(folder);
  await writePrivately(path, newKey());
  // Another broker with a store in this folder may have written it last.
  return (await readKey(path))!;
}

/** Null where there is no such file. */
async function readKey(path: string): Promise<Uint8Array | null> {
  let key: Uint8Array;
  try {
    key = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  if (key.length === KEY_BYTES) return key;
  throw new Error(
    `${path} has ${key.length} bytes, expected ${KEY_BYTES}: delete it, and ` +
      "the next start writes a new one",
  );
}

function newKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}
