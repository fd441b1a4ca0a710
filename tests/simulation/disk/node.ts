import type { Random } from "../../support/random.ts";

/**
 * Waits as long as the disk takes; rejects when the disk fails, or is full and
 * what is stored would grow by `grows` bytes.
 */
export type Access = (what: string, grows?: number) => Promise<void>;

/** An error of the system that names a full disk. */
export const NO_SPACE = "No space left on device (os error 28)";

/** What a name of the simulated disk leads to. */
export interface Node {
  /** Bytes of it. */
  readonly size: number;
  /** Forgets, by chance, what was not on disk when the power went. */
  crash(random: Random): void;
}
