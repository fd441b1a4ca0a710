/**
 * Flips one bit in any file of a fault-tolerant store, starts, and compares
 * with what was acknowledged (`deno task test:flips`). Exits 1 after a loss.
 *
 *     --rounds N   flips in all [100]
 *     --seed S     of the first flip; the next ones count on from there
 *
 * A loss prints its own seed.
 */
import { parseArgs } from "node:util";
import { flipBits } from "./flips.ts";

function integer(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${name} takes an integer, not ${text}`);
}

const { values } = parseArgs({
  args: Deno.args.filter((one) => one !== "--"),
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
  },
});
const rounds = integer("rounds", values.rounds);
const seed = integer("seed", values.seed);
let losses = 0;
let alarms = 0;
for await (const flip of flipBits(rounds, seed)) {
  if (flip.alarm !== null) alarms++;
  if (flip.loss === null) continue;
  losses++;
  console.log(
    `seed ${flip.seed}: ${flip.what}: ${flip.loss}; alarm: ${flip.alarm}`,
  );
}
console.log(
  `${rounds} flips from seed ${seed}: ${losses} lost something, ${alarms} ` +
    "raised an alarm at the start",
);
Deno.exit(losses > 0 ? 1 : 0);
