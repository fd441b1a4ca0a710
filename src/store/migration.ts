import { BLOCK_HEADER, sealBlock } from "./block.ts";
import { decodeHead } from "./head_record.ts";
import { blockKey, HEAD_KEY, SCHEMA, SCHEMA_KEY } from "./kv_blocks.ts";
import { StoreError } from "./store_error.ts";

/*
 * Schemas:
 *   1  blocks without a sum: 4 bytes of carried length, then records
 *   2  a sum before that; the schema is stored under a key of its own
 */

/** Blocks rewritten in one atomic. */
const AN_ATOMIC = 12;

/**
 * Brings the store in `kv` from the older schema `from` up to the present one.
 * The last atomic makes it the new one: stopped before, it begins again. The
 * old blocks are left, and removed when the store is opened.
 *
 * @throws {StoreError} `newer` for a schema that is not known.
 */
export async function migrate(kv: Deno.Kv, from: number): Promise<void> {
  if (from > SCHEMA) throw newer(from);
  if (from !== 1) return;
  const { value } = await kv.get<Uint8Array>(HEAD_KEY);
  if (value === null) return;
  const { first, last } = decodeHead(value);
  let atomic = kv.atomic();
  let waiting = 0;
  for (let number = first; number <= last; number++) {
    const old = await kv.get<Uint8Array>(blockKey(1, number));
    if (old.value === null) {
      throw new StoreError("corrupt", `block ${number} is missing`);
    }
    atomic.set(blockKey(SCHEMA, number), withSum(old.value, number));
    if (++waiting < AN_ATOMIC) continue;
    await atomic.commit();
    atomic = kv.atomic();
    waiting = 0;
  }
  await atomic.set(SCHEMA_KEY, Uint8Array.of(SCHEMA)).commit();
}

/** The error for a store, or a copy of it, that a later version wrote. */
export function newer(schema: number, path = "the store"): StoreError {
  return new StoreError(
    "newer",
    `${path} has schema ${schema}, written by a newer version; this one ` +
      `knows schemas up to ${SCHEMA}`,
  );
}

/** A block of the first schema as one of the second. */
export function withSum(old: Uint8Array, number: number): Uint8Array {
  const bytes = new Uint8Array(old.length + 4);
  bytes.set(old.subarray(4), BLOCK_HEADER);
  const carried = new DataView(old.buffer, old.byteOffset).getUint32(0, true);
  sealBlock(bytes, number, carried);
  return bytes;
}
