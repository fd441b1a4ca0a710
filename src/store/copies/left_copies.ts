import type { Block } from "../blocks/block.ts";
import type { Blocks, Commit, CopiedBlocks, Head } from "../blocks/blocks.ts";
import { allOf, endCopies, findCopies } from "./copies.ts";
import type { Files } from "../files/files.ts";

/** Removes the copies. */
const GONE = { aside: null };

/**
 * Blocks of a store whose mode no longer keeps a second copy. The present copy
 * is as good as the store until the first commit. Then it is removed: an old
 * copy could not be told from the store, should the store be damaged later.
 */
export class LeftCopies implements Blocks {
  readonly #blocks: Blocks;
  readonly #files: Files;
  readonly #path: string;
  #isLeft = false;

  private constructor(blocks: Blocks, files: Files, path: string) {
    this.#blocks = blocks;
    this.#files = files;
    this.#path = path;
  }

  /** Returns `blocks` unchanged where the store at `path` has no copies. */
  static async of(
    blocks: CopiedBlocks,
    files: Files,
    path: string,
  ): Promise<Blocks> {
    if (allOf(await findCopies(files, path)).length === 0) return blocks;
    const left = new LeftCopies(blocks, files, path);
    if (blocks.wasJournaled) return left;
    // A crash came between the first commit and the removal.
    await left.#leave();
    return blocks;
  }

  get head(): Head {
    return this.#blocks.head;
  }

  get written(): number {
    return this.#blocks.written;
  }

  read(each: (block: Block) => void | Promise<void>): Promise<void> {
    return this.#blocks.read(each);
  }

  get rewrite(): Blocks["rewrite"] {
    return this.#blocks.rewrite;
  }

  set rewrite(task: Blocks["rewrite"]) {
    this.#blocks.rewrite = task;
  }

  get scrub(): Blocks["scrub"] {
    return this.#blocks.scrub?.bind(this.#blocks);
  }

  async commit(commit: Commit): Promise<void> {
    await this.#blocks.commit(commit);
    if (!this.#isLeft) await this.#leave();
  }

  close(): Promise<void> {
    return this.#blocks.close();
  }

  /** Removes the copies; the next start removes the rest. */
  async #leave(): Promise<void> {
    this.#isLeft = true;
    await endCopies(this.#files, this.#path, GONE, new Set()).catch(() => {});
  }
}
