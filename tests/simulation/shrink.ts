import type { Step } from "./plan.ts";
import { type History, type Outcome, simulate } from "./simulate.ts";

/** Histories that are tried at most. */
const MOST_TRIES = 400;

/** A history that is as short as could be found. */
export interface Shrunk {
  readonly plan: readonly Step[];
  /** What becomes of it, with its lines. */
  readonly outcome: Outcome;
}

/** What is the same in faults of one kind: all but numbers. */
export function kindOf(fault: string): string {
  return fault.split("\n")[0].replace(/\d+/g, "N");
}

/**
 * Leaves steps of `plan` out as long as a fault of the same kind as the first
 * one remains: halves first, then less and less, then single steps.
 */
export async function shrink(
  history: History,
  plan: readonly Step[],
  fault: string,
): Promise<Shrunk> {
  const kind = kindOf(fault);
  let tries = 0;
  const fails = async (steps: readonly Step[]) => {
    tries++;
    const { faults } = await simulate({ ...history, plan: steps });
    return faults.some((one) => kindOf(one) === kind);
  };
  let shortest = plan;
  for (let size = plan.length >> 1; size >= 1; size >>= 1) {
    let isShorter = true;
    while (isShorter && tries < MOST_TRIES) {
      isShorter = false;
      for (let at = 0; at < shortest.length && tries < MOST_TRIES;) {
        const without = shortest.toSpliced(at, size);
        if (await fails(without)) {
          shortest = without;
          isShorter = true;
        } else at += size;
      }
      // Only single steps are worth another round.
      if (size > 1) break;
    }
  }
  const told = { ...history, plan: shortest, isTold: true };
  return { plan: shortest, outcome: await simulate(told) };
}
