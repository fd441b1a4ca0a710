import assert from "node:assert/strict";
import { mosquittoClients, testWith } from "../e2e/programs.ts";
import { blocksOf, stepsOf } from "./docs/blocks.ts";
import { Reader, type Shelf } from "./docs/reader.ts";

const root = new URL("../../", import.meta.url);

/** The README, and all of docs/. */
async function documents(): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(new URL("docs", root))) {
    if (name.endsWith(".md")) paths.push(`docs/${name}`);
  }
  return ["README.md", ...paths.sort()];
}

const read = (path: string) => Deno.readTextFile(new URL(path, root));

async function shelf(): Promise<Shelf> {
  const info = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  const settings = blocksOf(await read("README.md"))
    .find(({ language }) => language === "toml")!.text;
  const { mqtt } = JSON.parse(await read("deno.json")).imports;
  return { denoFolder: denoDir, mqtt, settings };
}

Deno.test("docs: each command stands in a block of sh", async () => {
  const known = ["", "sh", "toml", "json", "ini", "html"];
  let commands = 0;
  for (const path of await documents()) {
    for (const { language, line } of blocksOf(await read(path))) {
      assert.ok(known.includes(language), `${path}:${line}: ${language}`);
      if (language === "sh") commands++;
    }
  }
  assert.ok(commands >= 20, `${commands} commands`);
});

const shared = await shelf();
for (const path of await documents()) {
  const steps = stepsOf(await read(path));
  if (steps.every(({ skipped }) => skipped !== null)) continue;
  testWith(
    [mosquittoClients],
    `docs: the commands of ${path} do what it says`,
    async (t) => {
      await using reader = await Reader.sitDown(shared);
      for (const step of steps) {
        const { block: { text, line } } = step;
        // The document itself says why a command is not run.
        if (step.skipped !== null) continue;
        const name = `line ${line}: ${text.trim().split("\n")[0]}`;
        await t.step(name, () => reader.follow(step));
      }
    },
  );
}
