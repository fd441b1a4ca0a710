import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadSettings } from "../../src/config/mod.ts";

const root = new URL("../../", import.meta.url).pathname;

/** How it is built: the first names the others. */
const ARCHITECTURE = [
  "src/README.md",
  "src/security/README.md",
  "src/store/README.md",
];

/** All documents for people, by their paths from the root. */
async function documents(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const paths = ["README.md", ...ARCHITECTURE];
  for await (const { name } of Deno.readDir(join(root, "docs"))) {
    if (name.endsWith(".md")) paths.push(`docs/${name}`);
  }
  for (const path of paths.sort()) {
    found.set(path, await Deno.readTextFile(join(root, path)));
  }
  return found;
}

/** Returns the anchor that a heading gets where such files are shown. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function anchorsIn(text: string): Set<string> {
  const headings = text.matchAll(/^#+ (.+)$/gm);
  return new Set([...headings].map(([, heading]) => anchorOf(heading)));
}

Deno.test("docs: each link leads to a file and a heading", async () => {
  const all = await documents();
  let links = 0;
  for (const [path, text] of all) {
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      links++;
      const [file, anchor] = link.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      await Deno.stat(join(root, target)).catch(() =>
        assert.fail(`${path} links to ${link}, which is not there`)
      );
      if (anchor === undefined) continue;
      const where = all.get(target) ?? "";
      assert.ok(
        anchorsIn(where).has(anchor),
        `${path} links to ${link}, which is no heading`,
      );
    }
  }
  assert.ok(links > 20);
});

Deno.test("docs: the README names every document", async () => {
  const all = await documents();
  const [house, ...rooms] = ARCHITECTURE;
  for (const path of all.keys()) {
    if (path === "README.md") continue;
    const isRoom = rooms.includes(path);
    const index = isRoom ? house : "README.md";
    const link = isRoom ? path.slice("src/".length) : path;
    assert.ok(
      all.get(index)!.includes(`(${link})`),
      `${index} does not name ${path}`,
    );
  }
});

Deno.test("docs: each file that the architecture names is there", async () => {
  const all = await documents();
  const files = ["src", "tests", "tools"].flatMap((folder) =>
    readdirSync(join(root, folder), { encoding: "utf8", recursive: true })
      .map((path) => `${folder}/${path}`)
  );
  let count = 0;
  for (const document of ARCHITECTURE) {
    const named = all.get(document)!.matchAll(/`([\w/.*-]+\.ts)`/g);
    for (const [, name] of named) {
      if (name.includes("*")) continue;
      count++;
      assert.ok(
        files.some((path) => path === name || path.endsWith(`/${name}`)),
        `${document} names ${name}, which is not there`,
      );
    }
  }
  assert.ok(count > 100);
});

Deno.test("docs: the README takes a minute to read", async () => {
  const lines = (await documents()).get("README.md")!.split("\n").length;
  assert.ok(lines <= 200, `${lines} lines`);
});

Deno.test("docs: each TOML block is a configuration without mistakes", async () => {
  let blocks = 0;
  for (const [path, text] of await documents()) {
    const sound = text.replaceAll(
      /^<!-- with mistakes -->\n\n```toml\n.*?^```$/gms,
      "",
    );
    for (const [, block] of sound.matchAll(/^```toml\n(.*?)^```$/gms)) {
      blocks++;
      await loadSettings({ file: { name: path, text: block } }).catch(
        (error) => assert.fail(`${path}: ${error.message} in\n${block}`),
      );
    }
  }
  assert.ok(blocks > 15);
});
