import type { Commit } from "../../src/store/blocks/blocks.ts";
import { MemoryBlocks } from "../support/memory_blocks.ts";

/** Blocks on a disk that fails, or takes its time, as a test wants it to. */
export class FaultyBlocks extends MemoryBlocks {
  /** Commits fail with this; null while they work. */
  fault: Error | null = null;
  /** Commits that were tried. */
  tries = 0;
  /** Commits that worked. */
  readonly done: Commit[] = [];
  /** While set, commits wait for `go`. */
  slow = false;
  #go: (() => void)[] = [];

  override async commit(commit: Commit): Promise<void> {
    this.tries++;
    if (this.slow) await new Promise<void>((resolve) => this.#go.push(resolve));
    if (this.fault !== null) throw this.fault;
    await super.commit(commit);
    this.done.push(commit);
  }

  /** Lets the commits that wait go on. */
  go(): void {
    const waiting = this.#go;
    this.#go = [];
    for (const next of waiting) next();
  }
}

/** Waits until all that the runtime has ready was run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
