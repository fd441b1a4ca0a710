/**
 * Builds the admin page (`deno task page`): `src/admin/page/built.ts` from the
 * files beside it. The result is in git, so that the broker runs from a clone
 * without a build; `tests/admin/page_files_test.ts` compares it with a new one.
 */
import { join } from "node:path";
import { inSourceCopy, root } from "./build.ts";

/** The folder of the page. */
const FOLDER = "src/admin/page";

/** Files of its style, in the order in which their rules count. */
const STYLE = [
  ...["base", "controls", "frame", "cards", "log", "lists"],
  ...["drawer", "login", "plot", "narrow"],
];

/** Files of the page, by name. */
export type PageTexts = Readonly<Record<string, string>>;

/** Returns the files that browsers get. */
export async function buildPage(): Promise<PageTexts> {
  const read = (name: string) => Deno.readTextFile(join(root, FOLDER, name));
  const style = STYLE.map((name) => read(`style/${name}.css`));
  return {
    "index.html": slim(await read("index.html")),
    "page.css": slim((await Promise.all(style)).join("")),
    "page.js": await bundle(),
  };
}

/** Without indentation and comments, neither of which browsers need. */
function slim(text: string): string {
  return text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/\n\s*/g, "\n")
    .trim() +
    "\n";
}

/** Deno bundles by esbuild. */
async function bundle(): Promise<string> {
  const options = ["--platform=browser", "--minify", "--quiet", "--frozen"];
  const entry = `${FOLDER}/app/main.ts`;
  return await inSourceCopy(["bundle", ...options, entry]);
}

/** Returns the source of the module that has the files, each as gzip in Base64. */
export async function moduleOf(texts: PageTexts): Promise<string> {
  const lines = [
    "// Made by `deno task page`.",
    "/** Files of the page: gzip, in Base64. */",
    "export const built: Readonly<Record<string, string>> = {",
  ];
  for (const [name, text] of Object.entries(texts)) {
    const packed = (await gzip(text)).toBase64();
    lines.push(`  ${JSON.stringify(name)}:`, `    ${JSON.stringify(packed)},`);
  }
  return [...lines, "};", ""].join("\n");
}

/** Packs a text, as browsers unpack it. */
export async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).bytes();
}

if (import.meta.main) {
  const texts = await buildPage();
  const path = join(root, FOLDER, "built.ts");
  await Deno.writeTextFile(path, await moduleOf(texts));
  for (const [name, text] of Object.entries(texts)) {
    const { length } = await gzip(text);
    console.log(`${name}: ${(length / 1024).toFixed(1)} KiB gzipped`);
  }
}
