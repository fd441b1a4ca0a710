import { StoreError } from "../../store/mod.ts";
import { shownTime } from "./figures.ts";
import type { StoreCommand } from "./store_options.ts";

/**
 * `dunlin store verify`: looks for damage as a start does, also while a broker
 * uses the store.
 */
export const verify: StoreCommand = async ({ path, shown, work }) => {
  // To a start, a store that is not there is an empty one; here it is wrong.
  if (!await isThere(path)) {
    throw new StoreError("missing", `there is no store at ${path}`);
  }
  const { schema, head } = await work("Checking:", "verify", [path]);
  const committedAt = head.date ?? head.time;
  const written = committedAt === 0
    ? "nothing was ever stored"
    : `last written ${shownTime(committedAt)}`;
  return {
    text: `${shown} is sound: schema ${schema}, ${written}\n`,
    json: { path, schema, commit: head.commit, committedAt },
  };
};

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
