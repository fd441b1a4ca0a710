import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { EMPTY, type Head } from "../../src/store/blocks/blocks.ts";
import type { KvBlocks } from "../../src/store/kv/kv_blocks.ts";
import { emptyLog } from "../../src/store/kv/single_file.ts";
import { openKvBlocks } from "../../src/store/kv/open_kv.ts";
import { KeptFolder } from "./kept_folder.ts";
import { type OpenKv, withOpenKv } from "./other_kv.ts";

/** Tries of a commit, above what a connection is kept for. */
const TRIES = 4;

/** Says whether a connection works, and counts them. */
class Connections {
  /** Each one made before this number fails. */
  brokenBefore = 0;
  /** What the broken ones say. */
  error = "disk I/O error";
  count = 0;

  readonly open = (openKv: OpenKv): OpenKv => async (path) => {
    const number = this.count++;
    const kv = await openKv(path);
    const { atomic } = kv;
    kv.atomic = () => {
      const made = atomic.call(kv);
      const { commit } = made;
      made.commit = () =>
        number < this.brokenBefore
          ? Promise.reject(new Error(this.error))
          : commit.call(made);
      return made;
    };
    return kv;
  };
}

function head(commit: number): Head {
  return { ...EMPTY, last: commit, commit, epoch: 3 };
}

async function commit(store: KvBlocks, number: number): Promise<void> {
  const bytes = new Uint8Array(10).fill(number);
  await store.commit({ head: head(number), blocks: [{ number, bytes }] });
}

/** Tries a commit until it works, at most `TRIES` times; what went wrong. */
async function tries(store: KvBlocks, number: number): Promise<string[]> {
  const errors: string[] = [];
  for (let count = 0; count < TRIES; count++) {
    try {
      await commit(store, number);
      break;
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  return errors;
}

Deno.test("a connection to Deno KV that keeps failing is opened anew, and the commit works", async () => {
  await using folder = new KeptFolder();
  const connections = new Connections();
  await withOpenKv(connections.open, async () => {
    const store = await openKvBlocks(folder.path);
    await commit(store, 1);
    connections.brokenBefore = 1;
    assert.equal((await tries(store, 2)).length, 3);
    assert.equal(connections.count, 2);
    await commit(store, 3);
    await store.close();
  });
  const store = await openKvBlocks(folder.path);
  assert.equal(store.head.commit, 3);
  await store.close();
});

Deno.test("a connection that fails while it waits for a lock is opened anew, too", async () => {
  await using folder = new KeptFolder();
  const connections = new Connections();
  const open = (openKv: OpenKv): OpenKv => async (path) => {
    const kv = await connections.open(openKv)(path);
    kv.delete = () => Promise.reject(new Error("disk I/O error"));
    return kv;
  };
  await withOpenKv(open, async () => {
    const store = await openKvBlocks(folder.path);
    await commit(store, 1);
    connections.brokenBefore = 1;
    connections.error = "database is locked";
    assert.equal((await tries(store, 2)).length, 3);
    assert.equal(connections.count, 2);
    await store.close();
  });
});

Deno.test("a full disk is no reason to open the store anew", async () => {
  await using folder = new KeptFolder();
  const connections = new Connections();
  await withOpenKv(connections.open, async () => {
    const store = await openKvBlocks(folder.path);
    connections.brokenBefore = 1;
    connections.error = "database or disk is full";
    assert.equal((await tries(store, 1)).length, TRIES);
    assert.equal(connections.count, 1);
    await store.close();
  });
});

/** The disk does not give the pages of the queues, which are empty. */
function withoutQueues(): Disposable {
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (sql) {
    if (sql.includes("queue")) throw new Error("page 5 is lost");
    return prepare.call(this, sql);
  };
  return { [Symbol.dispose]: () => DatabaseSync.prototype.prepare = prepare };
}

Deno.test("a file that cannot be read is not opened anew until it can: Deno KV would end the process", async () => {
  await using folder = new KeptFolder();
  const connections = new Connections();
  await withOpenKv(connections.open, async () => {
    const store = await openKvBlocks(folder.path);
    await commit(store, 1);
    connections.brokenBefore = 1;
    {
      using _ = withoutQueues();
      assert.equal((await tries(store, 2)).at(-1), "page 5 is lost");
      await assert.rejects(emptyLog(folder.path), /page 5 is lost/);
    }
    assert.equal(connections.count, 1);
    assert.equal((await tries(store, 2)).length, 3);
    assert.equal(connections.count, 2);
    assert.equal(store.head.commit, 2);
    await store.close();
  });
});

Deno.test("a store whose file is gone is not begun anew in its place", async () => {
  await using folder = new KeptFolder();
  const connections = new Connections();
  await withOpenKv(connections.open, async () => {
    const store = await openKvBlocks(folder.path);
    await commit(store, 1);
    connections.brokenBefore = 1;
    for (const name of folder.names) {
      Deno.removeSync(`${folder.folder}/${name}`);
    }
    const errors = await tries(store, 2);
    assert.equal(errors.at(-1), `the file ${folder.path} is gone`);
    assert.deepEqual(folder.names, []);
    await store.close();
  });
});

Deno.test("a store that is another one when it is opened anew is left alone", async () => {
  await using folder = new KeptFolder();
  await using other = new KeptFolder();
  const connections = new Connections();
  await withOpenKv(connections.open, async () => {
    const store = await openKvBlocks(folder.path);
    await commit(store, 1);
    connections.brokenBefore = 1;
    const foreign = await openKvBlocks(other.path);
    for (const number of [1, 2, 3]) await commit(foreign, number);
    await foreign.close();
    for (const name of folder.names) {
      Deno.removeSync(`${folder.folder}/${name}`);
    }
    await other.copyTo(folder, () => true);
    const errors = await tries(store, 2);
    assert.match(errors.at(-1)!, /another program writes to the store/);
    await store.close();
  });
  const store = await openKvBlocks(folder.path);
  assert.equal(store.head.commit, 3);
  await store.close();
});

Deno.test("a commit waits for the transaction of another program, and works then", async () => {
  await using folder = new KeptFolder();
  let locked = 3;
  const open = (openKv: OpenKv): OpenKv => async (path) => {
    const kv = await openKv(path);
    const { atomic } = kv;
    kv.atomic = () => {
      const made = atomic.call(kv);
      const { commit } = made;
      made.commit = () =>
        locked-- > 0
          ? Promise.reject(new Error("database is locked"))
          : commit.call(made);
      return made;
    };
    return kv;
  };
  await withOpenKv(open, async () => {
    const store = await openKvBlocks(folder.path);
    await commit(store, 1);
    assert.equal(locked, -1, "four tries");
    locked = Infinity;
    await assert.rejects(commit(store, 2), /database is locked/);
    locked = 0;
    await commit(store, 2);
    await store.close();
  });
  const store = await openKvBlocks(folder.path);
  assert.equal(store.head.commit, 2);
  await store.close();
});
