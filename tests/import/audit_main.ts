/**
 * Asks Mosquitto and an imported broker the same about configurations drawn at
 * random (`deno task audit:import`). Exits 1 when the imported broker allows
 * what Mosquitto denies.
 *
 *     --count N    configurations [200]
 *     --seed S     of the first one; the next ones count on from there
 */
import { parseArgs } from "node:util";
import { Workshop } from "../support/workshop.ts";
import { type Answers, audit, layOutAudit } from "./audit.ts";
import { planAudit } from "./audit_plan.ts";

const { values } = parseArgs({
  args: Deno.args.filter((one) => one !== "--"),
  options: {
    count: { type: "string", default: "200" },
    seed: { type: "string" },
  },
});
const count = Number(values.count);
const first = Number(values.seed ?? Math.floor(Math.random() * 1e6));
if (!Number.isSafeInteger(count) || !Number.isSafeInteger(first)) {
  console.error("--count and --seed take integers");
  Deno.exit(2);
}
console.log(`seed ${first}, ${count} configurations`);
const tally = new Map<Answers, number>();
let failed = 0;
await using workshop = await Workshop.open();
await layOutAudit(workshop);
for (let seed = first; seed < first + count; seed++) {
  const found = await audit(seed, workshop);
  for (const [answers, times] of Object.entries(found.tally)) {
    const key = answers as Answers;
    tally.set(key, (tally.get(key) ?? 0) + times);
  }
  if (found.breaches.length === 0) continue;
  failed++;
  const { conf, files } = planAudit(seed, 0);
  console.log(`\nseed ${seed}: Mosquitto denies, the imported broker allows:`);
  for (const breach of found.breaches) console.log(`  ${breach}`);
  console.log(conf);
  for (const [name, text] of Object.entries(files)) {
    console.log(`--- ${name}\n${text}`);
  }
}
console.log("Mosquitto/imported:", Object.fromEntries(tally));
console.log(`${count - failed} of ${count} hold`);
Deno.exitCode = failed === 0 ? 0 : 1;
