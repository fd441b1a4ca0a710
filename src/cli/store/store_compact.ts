import { shownSize } from "./figures.ts";
import type { StoreCommand } from "./store_options.ts";

/**
 * `dunlin store compact`: makes the store, which no broker may use, as small
 * as it can be.
 */
export const compact: StoreCommand = async ({ path, shown, work }) => {
  const before = await sizeOf(path);
  await work("Compacting:", "compact", [path]);
  const after = await sizeOf(path);
  return {
    text: `${shown}: ${shownSize(before)} before, ${shownSize(after)} now\n`,
    json: { path, bytesBefore: before, bytes: after },
  };
};

async function sizeOf(file: string): Promise<number> {
  return await Deno.stat(file).then(({ size }) => size, () => 0);
}
