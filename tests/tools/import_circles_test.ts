import assert from "node:assert/strict";

/** What each file imports, by URL. */
type Imports = ReadonlyMap<string, readonly string[]>;

/** Groups of two files and more that import one another, in the end. */
function circlesIn(imports: Imports): string[][] {
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  // Tarjan's strongly connected components.
  const visit = (file: string): void => {
    const own = index.size;
    index.set(file, own);
    lowest.set(file, own);
    open.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!index.has(next)) visit(next);
      else if (!open.includes(next)) continue;
      lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) === own) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) circles.push(circle.sort());
    }
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return circles;
}

/** An import or export from a file of ours. */
const FROM = /^(?:import|export)\s[^;]*?from\s+"(\.[^"]+)";/gm;

async function read(
  folder: URL,
  into = new Map<string, string[]>(),
): Promise<Map<string, string[]>> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) await read(url, into);
    else if (name.endsWith(".ts")) {
      const text = await Deno.readTextFile(url);
      const found = [...text.matchAll(FROM)]
        .map(([, path]) => new URL(path, url).href);
      into.set(url.href, found);
    }
  }
  return into;
}

const src = new URL("../../src/", import.meta.url);

Deno.test("import circles: they are found, and what leads into one is none", () => {
  const imports = new Map([
    ["in", ["a"]],
    ["a", ["b", "out"]],
    ["b", ["c"]],
    ["c", ["a"]],
    ["out", []],
  ]);
  assert.deepEqual(circlesIn(imports), [["a", "b", "c"]]);
});

Deno.test("import circles: there is none, not even of types", async () => {
  const imports = await read(src);
  assert.ok(imports.size > 400, "all files have been read");
  assert.deepEqual(circlesIn(imports), []);
});
