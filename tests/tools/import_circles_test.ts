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

/** An import or export from a file of ours; the first group is what it takes. */
const FROM = /^(?:import|export)\s([^;]*?)from\s+"(\.[^"]+)";/gm;

/** Whether only types are taken: nothing of it is there when it runs. */
function isOfTypes(taken: string): boolean {
  if (/^type\s/.test(taken)) return true;
  const names = /^\{([^}]*)\}/.exec(taken)?.[1].split(",") ?? [""];
  return names.every((name) => /^\s*(type\s.*)?$/.test(name));
}

async function read(
  folder: URL,
  takes: (taken: string) => boolean,
  into = new Map<string, string[]>(),
): Promise<Map<string, string[]>> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) await read(url, takes, into);
    else if (name.endsWith(".ts")) {
      const text = await Deno.readTextFile(url);
      const found = [...text.matchAll(FROM)]
        .filter(([, taken]) => takes(taken))
        .map(([, , path]) => new URL(path, url).href);
      into.set(url.href, found);
    }
  }
  return into;
}

const src = new URL("../../src/", import.meta.url);

/** The folders of `src/` that the files of a circle are in. */
function foldersOf(circle: readonly string[]): string[] {
  const names = circle.map((file) => file.slice(src.href.length).split("/")[0]);
  return [...new Set(names)];
}

Deno.test("import circles: they are found, and what leads into one is none", () => {
  const imports = new Map([
    ["in", ["a"]],
    ["a", ["b", "out"]],
    ["b", ["c"]],
    ["c", ["a"]],
    ["out", []],
  ]);
  assert.deepEqual(circlesIn(imports), [["a", "b", "c"]]);
  assert.equal(isOfTypes("type { A } "), true);
  assert.equal(isOfTypes("{ type A, type B } "), true);
  assert.equal(isOfTypes("{ type A, b } "), false);
});

Deno.test("import circles: no file needs itself in order to be loaded", async () => {
  const imports = await read(src, (taken) => !isOfTypes(taken));
  assert.ok(imports.size > 400, "all files have been read");
  assert.deepEqual(circlesIn(imports), []);
});

Deno.test("import circles: of types there are two, of what belongs together", async () => {
  // A connection and its context, a session and its slot, know one another.
  const circles = circlesIn(await read(src, () => true));
  assert.deepEqual(circles.map(foldersOf).sort(), [["session"], ["store"]]);
});
