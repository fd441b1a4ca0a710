import type { Block } from "../../src/store/blocks/block.ts";
import {
  type Blocks,
  type Commit,
  EMPTY,
  type Head,
} from "../../src/store/blocks/blocks.ts";
import { wholePages } from "../../src/store/base/pages.ts";
import { StoreError } from "../../src/store/base/store_error.ts";

/** Blocks in memory. */
export class MemoryBlocks implements Blocks {
  /** The blocks, by number. */
  readonly blocks: Map<number, Uint8Array> = new Map();
  head: Head = EMPTY;
  /** As if each commit had been appended to a file. */
  written = 0;

  async read(each: (block: Block) => void | Promise<void>): Promise<void> {
    for (let number = this.head.first; number <= this.head.last; number++) {
      const bytes = this.blocks.get(number);
      if (bytes === undefined) {
        throw new StoreError("corrupt", `block ${number} is missing`);
      }
      await each({ number, bytes });
    }
  }

  commit({ head, blocks }: Commit): Promise<void> {
    for (const { number, bytes } of blocks) {
      this.blocks.set(number, bytes);
      this.written += wholePages(bytes.length);
    }
    for (let number = this.head.first; number < head.first; number++) {
      this.blocks.delete(number);
    }
    this.head = head;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
