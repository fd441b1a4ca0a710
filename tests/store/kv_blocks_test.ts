import assert from "node:assert/strict";
import { type Block, BLOCK_MAX } from "../../src/store/blocks/block.ts";
import { EMPTY, type Head } from "../../src/store/blocks/blocks.ts";
import { KvBlocks } from "../../src/store/kv/kv_blocks.ts";
import { SCHEMA } from "../../src/store/base/schema.ts";

async function withKv(body: (kv: Deno.Kv) => Promise<void>): Promise<void> {
  const kv = await Deno.openKv(":memory:");
  try {
    await body(kv);
  } finally {
    kv.close();
  }
}

function head(first: number, last: number, commit: number): Head {
  return { ...EMPTY, first, last, commit };
}

function blocks(from: number, to: number, length = 10): Block[] {
  const made: Block[] = [];
  for (let number = from; number <= to; number++) {
    made.push({ number, bytes: new Uint8Array(length).fill(number) });
  }
  return made;
}

async function numbersIn(kv: Deno.Kv): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { key } of kv.list({ prefix: ["b", SCHEMA] })) {
    numbers.push(key[2] as number);
  }
  return numbers;
}

async function read(store: KvBlocks, of?: Head): Promise<number[]> {
  const numbers: number[] = [];
  await store.read(({ number, bytes }) => {
    assert.equal(bytes[0], number & 0xff);
    numbers.push(number);
  }, of);
  return numbers;
}

Deno.test("Deno KV: blocks before the head's first are removed", () =>
  withKv(async (kv) => {
    const store = await KvBlocks.open(kv);
    await store.commit({ head: head(1, 5, 1), blocks: blocks(1, 5) });
    await store.commit({ head: head(4, 6, 2), blocks: blocks(6, 6) });
    assert.deepEqual(await numbersIn(kv), [4, 5, 6]);
    assert.deepEqual(await read(store), [4, 5, 6]);
    assert.deepEqual(await read(await KvBlocks.open(kv)), [4, 5, 6]);
  }));

Deno.test("Deno KV: blocks that are being copied stay until that is done", () =>
  withKv(async (kv) => {
    const store = await KvBlocks.open(kv);
    const then = head(1, 5, 1);
    await store.commit({ head: then, blocks: blocks(1, 5) });
    store.keepFrom = 2;
    await store.commit({ head: head(5, 6, 2), blocks: blocks(6, 6) });
    assert.deepEqual(await numbersIn(kv), [2, 3, 4, 5, 6]);
    assert.deepEqual(await read(store), [5, 6]);
    assert.deepEqual(await read(store, head(2, 5, 1)), [2, 3, 4, 5]);
    store.keepFrom = Infinity;
    await store.commit({ head: head(5, 7, 3), blocks: blocks(7, 7) });
    assert.deepEqual(await numbersIn(kv), [5, 6, 7]);
  }));

Deno.test("Deno KV: a commit of more than one atomic takes, both ways", () =>
  withKv(async (kv) => {
    const store = await KvBlocks.open(kv);
    const large = blocks(1, 60, BLOCK_MAX);
    await store.commit({ head: head(1, 60, 1), blocks: large });
    assert.equal((await read(store)).length, 60);
    await store.commit({ head: head(1, 2500, 2), blocks: blocks(61, 2500) });
    await store.commit({
      head: head(2500, 2501, 3),
      blocks: blocks(2501, 2501),
    });
    assert.deepEqual(await read(store), [2500, 2501]);
    // What does not fit goes with the next ones.
    for (let i = 0; i < 2; i++) {
      const last = 2502 + i;
      await store.commit({
        head: head(2500, last, 4 + i),
        blocks: blocks(last, last),
      });
    }
    assert.deepEqual(await numbersIn(kv), [2500, 2501, 2502, 2503]);
  }));

Deno.test("Deno KV: until its last atomic a commit changes nothing", () =>
  withKv(async (kv) => {
    const store = await KvBlocks.open(kv);
    await store.commit({ head: head(1, 2, 1), blocks: blocks(1, 2) });
    let atomics = 0;
    // The disk fills up at the third of them.
    const broken = new Proxy(kv, {
      get(target, name) {
        if (name === "atomic" && ++atomics === 3) throw new Error("full");
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const torn = await KvBlocks.open(broken);
    const commit = {
      head: head(2, 50, 2),
      blocks: blocks(3, 50, BLOCK_MAX),
    };
    await assert.rejects(torn.commit(commit));
    assert.ok((await numbersIn(kv)).length > 20);
    assert.deepEqual(await read(torn), [1, 2]);
    // It works when it is tried again, or else leaves nothing behind.
    await torn.commit(commit);
    assert.equal((await read(torn)).length, 49);
  }));

Deno.test("Deno KV: a block that is missing is corruption", () =>
  withKv(async (kv) => {
    const store = await KvBlocks.open(kv);
    await store.commit({ head: head(1, 3, 1), blocks: blocks(1, 3) });
    await kv.delete(["b", SCHEMA, 2]);
    await assert.rejects(read(store), {
      fault: "corrupt",
      message: "block 2 is missing",
    });
  }));
