import { partialBackup } from "../../store/mod.ts";
import { shownSize } from "./figures.ts";
import type { StoreCommand } from "./store_options.ts";

/**
 * `dunlin store backup FILE`: writes the store, as of now, to a new file; a
 * broker may use it meanwhile.
 */
export const backup: StoreCommand = async ({ path, file, shown, work }) => {
  const partial = partialBackup(file);
  const part = async () => {
    // Only what is needed is copied, so the bar may end early.
    const whole = await sizeOf(path) + await sizeOf(`${path}-wal`);
    return whole === 0 ? 0 : await sizeOf(partial) / whole;
  };
  await work("Writing the backup:", "backup", [path, file], part);
  const bytes = await sizeOf(file);
  return {
    text: `${file} is a backup of ${shown}: ${shownSize(bytes)}, checked\n`,
    json: { path, file, bytes },
  };
};

async function sizeOf(file: string): Promise<number> {
  return await Deno.stat(file).then(({ size }) => size, () => 0);
}
