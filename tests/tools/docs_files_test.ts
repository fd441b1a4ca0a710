import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

Deno.test("docs: every test that they name as a proof is there", async () => {
  let count = 0;
  for await (const { name } of Deno.readDir(new URL("docs", root))) {
    const text = await Deno.readTextFile(new URL(`docs/${name}`, root));
    for (const [path] of text.matchAll(/\btests\/[\w/]+\.ts/g)) {
      const isThere = await Deno.stat(new URL(path, root))
        .then(() => true, () => false);
      assert.ok(isThere, `docs/${name} names ${path}, which is not there`);
      count++;
    }
  }
  assert.ok(count > 0);
});
