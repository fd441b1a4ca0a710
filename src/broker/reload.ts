import type { Settings } from "../config/mod.ts";

/** The opened resources of one part of the broker, for new settings. */
export interface Prepared {
  /**
   * Applies the new settings. All parts apply in one synchronous step; must not
   * throw.
   */
  apply(): void;
  /** Closes the opened resources; absent where there are none. */
  undo?(): void;
  /** Completes the change once all parts have applied it. */
  finish?(): Promise<void>;
}

/** A part of the broker whose settings may change while it runs. */
export interface Reloadable {
  /**
   * Opens everything that may fail. Until `apply` the part keeps its former
   * settings. Rejects with the first failure, and has closed the rest.
   */
  prepare(settings: Settings): Prepared | Promise<Prepared>;
}

/** Returns a part that has nothing to open. */
export function withoutOpening(
  apply: (settings: Settings) => void,
): Reloadable {
  return { prepare: (settings) => ({ apply: () => apply(settings) }) };
}

/** Prepares all parts in turn, or none: a failure undoes those before it. */
export async function prepareAll(
  parts: readonly Reloadable[],
  settings: Settings,
): Promise<readonly Prepared[]> {
  const prepared: Prepared[] = [];
  try {
    for (const part of parts) prepared.push(await part.prepare(settings));
    return prepared;
  } catch (error) {
    for (const one of prepared.reverse()) one.undo?.();
    throw error;
  }
}
