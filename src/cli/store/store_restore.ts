import { dirname } from "node:path";
import { StoreError } from "../../store/mod.ts";
import type { StoreCommand } from "./store_options.ts";

/**
 * `dunlin store restore FILE`: puts a backup in place of the store, which no
 * broker may use. The store that was there is kept beside it.
 */
export const restore: StoreCommand = async ({ path, file, shown, work }) => {
  await makeFolder(dirname(path));
  const kept = await work("Restoring:", "restore", [file, path]);
  const before = kept === null ? "" : `; the one before is kept as ${kept}`;
  return {
    text: `${shown} is now what ${file} holds${before}\n`,
    json: { path, file, kept },
  };
};

/** On a new machine there is nothing yet where the store belongs. */
async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreError(
      "failing",
      `the folder ${path} cannot be made: ${(error as Error).message}`,
      error,
    );
  }
}
