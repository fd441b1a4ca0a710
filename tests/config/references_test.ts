import assert from "node:assert/strict";
import { resolveReferences } from "../../src/config/read/references.ts";

const environment = { PORT: "1884", EMPTY: "", HOST: "box" };

/** Resolves `tree`; secrets are the settings called `secret`. */
async function resolve(
  tree: unknown,
  files: Record<string, string> = {},
): Promise<{ tree: unknown; bad: string[] }> {
  const bad: string[] = [];
  const resolved = await resolveReferences(
    tree,
    (path) => path.at(-1) === "secret",
    {
      environment,
      absolute: (path) => path,
      readTextFile: (path) =>
        path in files
          ? Promise.resolve(files[path])
          : Promise.reject(new Error("gone")),
    },
    (path, message) => bad.push(`${path.join(".")}: ${message}`),
  );
  return { tree: resolved, bad };
}

const texts: readonly [text: string, becomes: string][] = [
  ["${PORT}", "1884"],
  ["${HOST}:${PORT}", "box:1884"],
  ["a ${NONE:-b c} d", "a b c d"],
  ["${EMPTY:-x}", "x"],
  ["<${EMPTY}>", "<>"],
  ["${NONE:-}", ""],
  ["$${PORT}", "${PORT}"],
  ["$PORT {PORT}", "$PORT {PORT}"],
];
for (const [text, becomes] of texts) {
  Deno.test(`references: "${text}" becomes "${becomes}"`, async () => {
    assert.deepEqual(await resolve({ a: [{ b: text }] }), {
      tree: { a: [{ b: becomes }] },
      bad: [],
    });
  });
}

Deno.test("references: an unset variable is told with its place", async () => {
  const { tree, bad } = await resolve({ a: { b: "${NONE}", c: 1 } });
  assert.deepEqual(tree, { a: { c: 1 } });
  assert.match(bad[0], /^a\.b: the environment variable NONE is not set/);
});

Deno.test("references: what objects inherit is no variable", async () => {
  const { bad } = await resolve({ a: "${constructor}" });
  assert.match(bad[0], /constructor is not set/);
});

Deno.test("references: a name that is not valid is refused and not shown", async () => {
  const { bad } = await resolve({ a: "x${s3cret-1}y", b: "${}" });
  assert.match(bad[0], /^a: a reference is not valid: write \$\{NAME\}/);
  assert.doesNotMatch(bad[0], /s3cret/);
  assert.equal(bad.length, 2);
});

Deno.test("references: a secret is read from its file", async () => {
  const files = { "/run/box": "s3cret\n", "/run/two": "a\nb\r\n" };
  const { tree, bad } = await resolve({
    x: { secret: "file:/run/${HOST}" },
    y: { secret: "file:/run/two" },
    z: { secret: "plain" },
  }, files);
  assert.deepEqual(bad, []);
  assert.deepEqual(tree, {
    x: { secret: "s3cret" },
    y: { secret: "a\nb" },
    z: { secret: "plain" },
  });
});

Deno.test("references: other strings keep their file: as it is", async () => {
  assert.deepEqual((await resolve({ a: "file:/run/box" })).tree, {
    a: "file:/run/box",
  });
});

Deno.test("references: a secret's file that cannot be read is told", async () => {
  const { tree, bad } = await resolve({ secret: "file:/nowhere" });
  assert.deepEqual(tree, {});
  assert.match(bad[0], /\/nowhere cannot be read: gone/);
});
