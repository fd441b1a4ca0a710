/**
 * Makes one small mistake after the other in a copy of the sources, and runs
 * the nearest tests: which mistake do they miss (`deno task mutants`)? Exits 1
 * where one survives.
 *
 *     --only TEXT   those whose file or line has TEXT
 *     --jobs N      test files run at once [cores]
 */
import { parseArgs } from "node:util";
import { Copy } from "./copy.ts";
import { MUTANTS } from "./list.ts";

const { values } = parseArgs({
  args: Deno.args.filter((one) => one !== "--"),
  options: {
    only: { type: "string", default: "" },
    jobs: { type: "string", default: String(navigator.hardwareConcurrency) },
  },
});
const chosen = MUTANTS.filter(({ file, from }) =>
  `${file} ${from}`.includes(values.only)
);
const copy = await Copy.make(new URL("../../", import.meta.url));
const survivors: string[] = [];
try {
  for (const [index, mutant] of chosen.entries()) {
    const began = performance.now();
    const killer = await copy.killerOf(mutant, values.jobs);
    const seconds = Math.round((performance.now() - began) / 1000);
    const name = `${mutant.file}: ${mutant.from.trim().split("\n")[0]}`;
    if (killer === null) survivors.push(name);
    const verdict = killer === null ? "SURVIVES" : `killed by ${killer}`;
    console.log(
      `${index + 1}/${chosen.length} ${verdict}, ${seconds} s: ${name}`,
    );
  }
} finally {
  await copy.remove();
}
console.log(`${chosen.length} mutants, ${survivors.length} survive`);
for (const name of survivors) console.log(`  ${name}`);
Deno.exit(survivors.length > 0 ? 1 : 0);
