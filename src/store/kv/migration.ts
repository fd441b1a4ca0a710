import { BLOCKS_AN_ATOMIC, sumIn } from "../blocks/block.ts";
import { decodeHead, encodeHead } from "../blocks/head_record.ts";
import { blockKey, SCHEMA_KEY } from "./kv_blocks.ts";
import { HEAD_KEY } from "./own_kv.ts";
import { newer } from "../base/newer.ts";
import { convertBlock } from "../blocks/old_schemas.ts";
import { SCHEMA } from "../base/schema.ts";
import { StoreError } from "../base/store_error.ts";

/**
 * Migrates the store in `kv` from the older schema `from` to the present one.
 * The last atomic switches; an interrupted migration begins again. The next
 * opening removes the old blocks.
 *
 * @throws {StoreError} `newer` for an unknown schema, `corrupt` for a block
 * that is missing or damaged.
 */
export async function migrate(kv: Deno.Kv, from: number): Promise<void> {
  if (from > SCHEMA) throw newer(from);
  if (from === SCHEMA) return;
  const { value } = await kv.get<Uint8Array>(HEAD_KEY);
  if (value === null) return;
  const head = decodeHead(value);
  const { first, last } = head;
  let atomic = kv.atomic();
  let waiting = 0;
  let { sum } = head;
  for (let number = first; number <= last; number++) {
    const old = await kv.get<Uint8Array>(blockKey(from, number));
    if (old.value === null) {
      throw new StoreError("corrupt", `block ${number} is missing`);
    }
    const bytes = convertBlock(old.value, number, from);
    sum = sumIn({ number, bytes });
    atomic.set(blockKey(SCHEMA, number), bytes);
    if (++waiting < BLOCKS_AN_ATOMIC) continue;
    await atomic.commit();
    atomic = kv.atomic();
    waiting = 0;
  }
  await atomic.set(HEAD_KEY, encodeHead({ ...head, sum }))
    .set(SCHEMA_KEY, Uint8Array.of(SCHEMA)).commit();
}
