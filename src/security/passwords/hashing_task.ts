import { matches } from "./derive.ts";
import type { PasswordHash } from "./hash.ts";

/** A password to be looked at in another thread. */
export interface HashingTask {
  readonly hash: PasswordHash;
  readonly password: Uint8Array<ArrayBuffer>;
}

/** Result of a task, in a form that threads can exchange. */
export type HashingOutcome =
  | { readonly ok: true; readonly matches: boolean }
  | { readonly ok: false; readonly message: string };

/** Never rejects. */
export async function outcomeOf(
  { hash, password }: HashingTask,
): Promise<HashingOutcome> {
  try {
    return { ok: true, matches: await matches(hash, password) };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}
