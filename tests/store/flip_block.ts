import { DatabaseSync } from "node:sqlite";

/** Flips a bit in the block `number` of a store, also while it is open. */
export function flipBlock(path: string, number: number): void {
  const database = new DatabaseSync(path);
  const { k, v } = database.prepare(
    "SELECT k, v FROM kv WHERE k < x'0263' ORDER BY k LIMIT 1 OFFSET ?",
  ).get(number - 1) as { k: Uint8Array; v: Uint8Array };
  v[v.length >> 1] ^= 4;
  database.prepare("UPDATE kv SET v = ? WHERE k = ?").run(v, k);
  database.close();
}
