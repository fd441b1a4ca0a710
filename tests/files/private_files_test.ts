import assert from "node:assert/strict";
import { join } from "node:path";
import {
  makePrivateFolder,
  whileLocked,
  writePrivately,
} from "../../src/files/mod.ts";

/** A folder that is gone with its scope. */
class Folder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "dunlin-files-" });

  /** Where `name` lies in it. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** What lies in it. */
  names(): string[] {
    return [...Deno.readDirSync(this.path)].map((entry) => entry.name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** The permissions of a file, as `chmod` takes them. */
function mode(path: string): number {
  return Deno.statSync(path).mode! & 0o777;
}

Deno.test("files: what is written privately is this user's alone, whatever was there", async () => {
  await using folder = new Folder();
  const path = folder.at("ca.key");
  await Deno.writeTextFile(path, "old", { mode: 0o644 });
  await writePrivately(path, "new");
  assert.equal(await Deno.readTextFile(path), "new");
  assert.equal(mode(path), 0o600);
  assert.deepEqual(folder.names(), ["ca.key"]);
});

Deno.test("files: another mode is had in full, whatever the process's mask", async () => {
  await using folder = new Folder();
  const mask = Deno.umask(0o077);
  try {
    await writePrivately(folder.at("ca.crt"), new Uint8Array([1, 2]), 0o644);
  } finally {
    Deno.umask(mask);
  }
  assert.equal(mode(folder.at("ca.crt")), 0o644);
});

Deno.test("files: a write that fails leaves nothing behind", async () => {
  await using folder = new Folder();
  await Deno.mkdir(folder.at("taken/inside"), { recursive: true });
  await assert.rejects(writePrivately(folder.at("taken"), "x"));
  assert.deepEqual(folder.names(), ["taken"]);
});

Deno.test("files: folders are made for this user alone; one that is there stays", async () => {
  await using folder = new Folder();
  await makePrivateFolder(folder.at("a/b"));
  assert.equal(mode(folder.at("a")), 0o700);
  assert.equal(mode(folder.at("a/b")), 0o700);
  await Deno.chmod(folder.at("a"), 0o750);
  await makePrivateFolder(folder.at("a"));
  assert.equal(mode(folder.at("a")), 0o750);
});

Deno.test("files: one at a time behind a lock, also after one that failed", async () => {
  await using folder = new Folder();
  const path = folder.at("deep/list.json");
  let inside = 0;
  let most = 0;
  const turns = Array.from(
    { length: 8 },
    (_, turn) =>
      whileLocked(path, async () => {
        most = Math.max(most, ++inside);
        await Deno.stat(folder.path);
        inside--;
        if (turn === 3) throw new Error("turn 3");
        return turn;
      }),
  );
  const ends = await Promise.allSettled(turns);
  assert.equal(most, 1);
  assert.deepEqual(
    ends.map((end) => end.status === "fulfilled" ? end.value : "failed"),
    [0, 1, 2, "failed", 4, 5, 6, 7],
  );
});
