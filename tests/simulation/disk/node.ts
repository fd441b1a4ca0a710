import type { Random } from "../../support/random.ts";

/** Waits as long as the disk takes; rejects when the disk fails. */
export type Access = (what: string) => Promise<void>;

/** What a name of the simulated disk leads to. */
export interface Node {
  /** Bytes of it. */
  readonly size: number;
  /** Forgets, by chance, what was not on disk when the power went. */
  crash(random: Random): void;
}
