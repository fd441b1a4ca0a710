import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Ledger } from "../../src/store/log/ledger.ts";

const ROWS = 600;

/** Bytes of a database with so many rows of `bytes`, as blocks are written. */
async function fileWith(bytes: number): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-store-" });
  try {
    const path = `${folder}/store.kv`;
    const kv = await Deno.openKv(path);
    const value = new Uint8Array(bytes);
    for (let row = 0; row < ROWS;) {
      const atomic = kv.atomic();
      // Deno KV takes 800 KiB in one transaction.
      for (let left = 10; left > 0; left--) {
        atomic.set(["block", 3, row++], value);
      }
      await atomic.commit();
    }
    kv.close();
    const database = new DatabaseSync(path);
    database.exec("pragma wal_checkpoint(truncate)");
    database.close();
    return (await Deno.stat(path)).size;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the room that blocks are counted by is that of SQLite, and never less", async () => {
  for (const bytes of [60, 300, 900, 1000, 5000]) {
    const ledger = new Ledger(0);
    for (let row = 0; row < ROWS; row++) ledger.sealed(row, bytes);
    const file = await fileWith(bytes);
    const found = `${bytes} bytes: ${ledger.taken} counted, ${file} taken`;
    // The file has tables beside: some pages.
    assert.ok(ledger.taken >= file - 64 * 1024, found);
    assert.ok(ledger.taken <= 2 * file, found);
  }
});
