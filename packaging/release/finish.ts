/**
 * Adds to a folder of built files what comes with a release: the bill of
 * materials, the release notes, and the sums of all files.
 *
 *     deno run -A packaging/release/finish.ts FOLDER
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { VERSION } from "../../src/config/mod.ts";
import { output, root } from "../../tools/build.ts";
import { notesOf } from "./changelog.ts";
import { importsIn, sbomOf } from "./sbom.ts";

/** Name of the file of sums, in the form of `sha256sum`. */
export const SUMS = "SHA256SUMS";

/** Writes them to `folder`. Returns the names of all files there, in order. */
export async function finish(folder: string): Promise<string[]> {
  const info = ["info", "--json", "main.ts"];
  const sbom = sbomOf({
    version: VERSION,
    runtime: Deno.version.deno,
    lock: JSON.parse(await Deno.readTextFile(join(root, "deno.lock"))),
    imports: importsIn(await output(Deno.execPath(), info, root)),
  });
  const write = (name: string, text: string) =>
    Deno.writeTextFile(join(folder, name), text);
  await write(
    `dunlin-${VERSION}.cdx.json`,
    JSON.stringify(sbom, null, 2) + "\n",
  );
  const changelog = await Deno.readTextFile(join(root, "CHANGELOG.md"));
  await write("NOTES.md", notesOf(changelog, VERSION));
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name !== SUMS) names.push(name);
  }
  let sums = "";
  for (const name of names.sort()) {
    const sum = createHash("sha256");
    const file = await Deno.open(join(folder, name));
    for await (const chunk of file.readable) sum.update(chunk);
    sums += `${sum.digest("hex")}  ${name}\n`;
  }
  await write(SUMS, sums);
  return [...names, SUMS].sort();
}

if (import.meta.main) {
  const [folder] = Deno.args;
  if (folder === undefined) throw new Error("name the folder of the files");
  for (const name of await finish(folder)) console.log(name);
}
