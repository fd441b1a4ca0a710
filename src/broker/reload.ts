import type { Settings } from "../config/mod.ts";

/** What one part of the broker has opened for new settings. */
export interface Prepared {
  /**
   * Applies the new settings. All parts apply in one synchronous step; must not
   * throw.
   */
  apply(): void;
  /** Gives back what was opened; absent where nothing was. */
  undo?(): void;
  /** Completes the change once all parts have applied it. */
  finish?(): Promise<void>;
}

/** A part of the broker whose settings may change while it runs. */
export interface Reloadable {
  /**
   * Opens all that may fail. Until `apply` the part works by its former
   * settings. Rejects with what cannot be opened, and has undone the rest.
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
