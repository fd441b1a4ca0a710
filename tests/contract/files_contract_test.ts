import assert from "node:assert/strict";
import type { Files, OpenFile } from "../../src/store/files/files.ts";
import { systemFiles } from "../../src/store/files/system_files.ts";
import {
  SimulatedFiles,
  SimulatedNames,
} from "../simulation/disk/simulated_files.ts";
import { Random } from "../support/random.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes all of `text`, however little the file takes at a time. */
async function write(file: OpenFile, text: string): Promise<void> {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) {
    at += await file.write(bytes.subarray(at));
  }
}

async function create(files: Files, path: string, text: string): Promise<void> {
  const file = await files.open(path, "create");
  await write(file, text);
  await file.sync();
  file.close();
}

async function read(files: Files, path: string): Promise<string> {
  const file = await files.open(path, "read");
  let text = "";
  const into = new Uint8Array(3);
  for (;;) {
    const count = await file.read(into);
    if (count === null) break;
    text += decoder.decode(into.subarray(0, count));
  }
  assert.equal(await file.size(), text.length);
  file.close();
  return text;
}

/** Declares the tests that each kind of files has to pass. */
function contract(
  name: string,
  within: (
    body: (files: Files, folder: string) => Promise<void>,
  ) => () => Promise<void>,
): void {
  const test = (
    promise: string,
    body: (files: Files, folder: string) => Promise<void>,
  ) => Deno.test(`files-contract ${name}: ${promise}`, within(body));

  test(
    "what was written is read, in as many pieces as one likes",
    async (files, folder) => {
      await create(files, `${folder}/a`, "a store's bytes");
      assert.equal(await read(files, `${folder}/a`), "a store's bytes");
      await create(files, `${folder}/empty`, "");
      assert.equal(await read(files, `${folder}/empty`), "");
    },
  );

  test(
    "a file that was cut goes on where it was cut",
    async (files, folder) => {
      const file = await files.open(`${folder}/a`, "create");
      await write(file, "whole and torn");
      await file.truncate(5);
      await write(file, " and more");
      await file.sync();
      file.close();
      assert.equal(await read(files, `${folder}/a`), "whole and more");
    },
  );

  test(
    "a file is created once, and read when there is one",
    async (files, folder) => {
      await create(files, `${folder}/a`, "a");
      await assert.rejects(
        files.open(`${folder}/a`, "create"),
        Deno.errors.AlreadyExists,
      );
      await assert.rejects(
        files.open(`${folder}/b`, "read"),
        Deno.errors.NotFound,
      );
    },
  );

  test(
    "names and sizes are those of the files there are",
    async (files, folder) => {
      await create(files, `${folder}/b`, "12345");
      await create(files, `${folder}/a`, "");
      assert.deepEqual((await files.list(folder)).sort(), ["a", "b"]);
      assert.equal(await files.size(`${folder}/b`), 5);
      assert.equal(await files.size(`${folder}/a`), 0);
      assert.equal(await files.size(`${folder}/c`), null);
    },
  );

  test(
    "a renamed file replaces the one whose name it takes",
    async (files, folder) => {
      await create(files, `${folder}/a`, "new");
      await create(files, `${folder}/b`, "old");
      await files.rename(`${folder}/a`, `${folder}/b`);
      await files.syncFolder(`${folder}/b`);
      assert.deepEqual(await files.list(folder), ["b"]);
      assert.equal(await read(files, `${folder}/b`), "new");
      await assert.rejects(
        files.rename(`${folder}/a`, `${folder}/b`),
        Deno.errors.NotFound,
      );
    },
  );

  test(
    "removing ends with no file, whether there was one or not",
    async (files, folder) => {
      await create(files, `${folder}/a`, "a");
      await files.remove(`${folder}/a`);
      await files.remove(`${folder}/a`);
      assert.deepEqual(await files.list(folder), []);
    },
  );

  test(
    "a file is written again from where one says, and is the same",
    async (files, folder) => {
      await create(files, `${folder}/a`, "a store's bytes");
      for (const from of [0, 8, 15]) {
        await files.writeAgain(`${folder}/a`, from);
        assert.equal(await read(files, `${folder}/a`), "a store's bytes");
      }
      await assert.rejects(
        files.writeAgain(`${folder}/b`, 0),
        Deno.errors.NotFound,
      );
    },
  );

  test("a file that is open outlives its name", async (files, folder) => {
    await create(files, `${folder}/a`, "kept");
    const file = await files.open(`${folder}/a`, "read");
    await files.remove(`${folder}/a`);
    const into = new Uint8Array(9);
    assert.equal(await file.read(into), 4);
    file.close();
  });
}

Deno.test("files-contract system: a file that is written again has been written, not only synced", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-" });
  try {
    const path = `${folder}/a`;
    await create(systemFiles, path, "a store's bytes");
    // Writing sets the time of the last change; a sync does not.
    const old = new Date(2001, 0);
    for (const from of [0, 8]) {
      await Deno.utime(path, old, old);
      await systemFiles.writeAgain(path, from);
      assert.notDeepEqual((await Deno.stat(path)).mtime, old, `from ${from}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

contract("system", (body) => async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-" });
  try {
    await body(systemFiles, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

contract("simulated", (body) => async () => {
  const random = new Random(1);
  await body(new SimulatedFiles(new SimulatedNames(), random), "/disk");
});
