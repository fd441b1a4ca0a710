import { MODES, readOptions, type SimulatedMode } from "./options.ts";
import { planOf } from "./plan.ts";
import { Progress } from "./progress.ts";
import { kindOf, shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";

/** Failing seeds that are shrunk and told in full. */
const TOLD = 3;

/** What came of the seeds of one mode. */
interface Summary {
  readonly mode: SimulatedMode;
  readonly seeds: number;
  readonly messages: number;
  readonly copies: number;
  readonly crashes: number;
  /** Seeds that failed, and the first fault of each. */
  readonly failed: readonly { readonly seed: number; readonly fault: string }[];
  readonly seconds: number;
}

const options = readOptions(Deno.args);
if (typeof options === "string") {
  console.error(options);
  Deno.exit(2);
}
const { seeds, seed: first, steps, isJson } = options;
const modes = options.mode === "all" ? MODES : [options.mode];
let isBad = false;
for (const mode of modes) {
  const summary = await simulateAll(mode);
  isBad ||= summary.failed.length > 0;
  if (isJson) console.log(JSON.stringify(summary));
  else console.log(textOf(summary));
}
Deno.exit(isBad ? 1 : 0);

async function simulateAll(mode: SimulatedMode): Promise<Summary> {
  const begin = performance.now();
  const progress = new Progress(mode, seeds);
  const failed: { seed: number; fault: string }[] = [];
  let [messages, copies, crashes] = [0, 0, 0];
  for (let seed = first; seed < first + seeds; seed++) {
    const outcome = await simulate({ seed, mode, steps });
    messages += outcome.messages;
    copies += outcome.copies;
    crashes += outcome.crashes;
    const [fault] = outcome.faults;
    if (fault !== undefined) {
      failed.push({ seed, fault });
      progress.clear();
      if (!isJson) await tell(mode, seed, fault, failed.length <= TOLD);
    }
    progress.show(seed - first + 1, failed.length);
  }
  progress.clear();
  const seconds = Math.round((performance.now() - begin) / 1000);
  return { mode, seeds, messages, copies, crashes, failed, seconds };
}

/** Says what is wrong with a seed, and how to repeat it. */
async function tell(
  mode: SimulatedMode,
  seed: number,
  fault: string,
  isWhole: boolean,
): Promise<void> {
  console.log(`\nseed ${seed}, ${mode}: ${fault}`);
  if (isWhole) {
    const plan = planOf(seed, steps, mode);
    const { plan: shortest, outcome } = await shrink(
      { seed, mode },
      plan,
      fault,
    );
    console.log(
      `shrunk from ${plan.length} steps to ${shortest.length}; each line is ` +
        "a turn and what happens:\n",
    );
    console.log(outcome.lines.map((line) => `  ${line}`).join("\n"));
    console.log();
  }
  console.log(
    `repeat it: deno task simulate --mode ${mode} --seed ${seed} --seeds 1 ` +
      `--steps ${steps}`,
  );
}

function textOf(
  { mode, seeds, messages, copies, crashes, failed, seconds }: Summary,
): string {
  const kinds = new Map<string, number>();
  for (const { fault } of failed) {
    const kind = kindOf(fault);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const lines = [
    `${mode}: ${seeds} histories, ${failed.length} failed; ${messages} ` +
    `messages, ${copies} copies, ${crashes} crashes; ${seconds} s`,
  ];
  for (const [kind, count] of kinds) lines.push(`  ${count} × ${kind}`);
  return lines.join("\n");
}
