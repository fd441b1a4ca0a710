import type { BatchEncoder } from "./batch_encoder.ts";
import { BlockReader } from "../blocks/block_reader.ts";
import type { Blocks } from "../blocks/blocks.ts";
import type { Ledger } from "./ledger.ts";
import { Replay } from "./replay.ts";
import { restore, type Restored } from "./rebuild_state.ts";
import type { Restorer } from "../model/store.ts";

/** The result of reading a log. */
export interface ReadLog extends Restored {
  /** Retained messages. */
  readonly retained: number;
  /** Bytes read. */
  readonly bytes: number;
}

/**
 * Reads the log in `blocks` to its end: restores the state, and enters all that
 * lives in the ledger. Moves the encoder's next number beyond all numbers in the
 * log: a head behind the records would assign one twice.
 *
 * @throws {StoreError} `corrupt`.
 */
export async function readLog(
  blocks: Blocks,
  into: Restorer,
  ledger: Ledger,
  encoder: BatchEncoder,
): Promise<ReadLog> {
  const { numbers, shift } = encoder;
  const replay = new Replay(ledger, into, shift);
  const reader = new BlockReader(replay);
  let bytes = 0;
  await blocks.read((block) => {
    ledger.sealed(block.number, block.bytes.length);
    bytes += block.bytes.length;
    reader.block(block);
  });
  reader.end(blocks.head);
  const restored = await restore(replay, into, ledger, encoder);
  numbers.next = Math.max(numbers.next, replay.greatest + 1);
  return { ...restored, retained: replay.retained, bytes };
}
