/**
 * Kills the broker at random instants and compares what comes out of it with
 * what it had acknowledged (`deno task test:crash`). Exits 1 when a storage
 * mode broke its promise.
 *
 *     --rounds N   rounds in all [20]
 *     --mode M     memory, buffered, durable or fault-tolerant; without it
 *                  the last three take turns
 *     --seed S     of the first round; the next ones count on from there
 *     --faults F   eio, full or eio,full: what the disk does wrong before most
 *                  kills. `eio` needs Linux and cc, `full` Linux and root
 *     --json       a summary as JSON, on standard output
 *
 * A failed round prints its own seed, which repeats all that was drawn for it;
 * the instants themselves are up to the machine.
 */
import { parseArgs } from "node:util";
import type { FaultKind } from "./account.ts";
import { FaultyDisk } from "./faulty_disk.ts";
import { FAULTS, type Mode, MODES, planRound } from "./plan.ts";
import { SmallDisk } from "./small_disk.ts";
import { runRound } from "./round.ts";
import { tellFailure, Totals } from "./totals.ts";

/** What the command line says. */
interface CrashOptions {
  readonly rounds: number;
  readonly modes: readonly Mode[];
  readonly seed: number;
  readonly faults: readonly FaultKind[];
  readonly json: boolean;
}

function readOptions(args: string[]): CrashOptions {
  const { values } = parseArgs({
    args: args.filter((one) => one !== "--"),
    options: {
      rounds: { type: "string", default: "20" },
      mode: { type: "string" },
      seed: { type: "string" },
      faults: { type: "string", default: "" },
      json: { type: "boolean", default: false },
    },
  });
  const integer = (name: string, text: string) => {
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new Error(`--${name} takes an integer, not ${text}`);
  };
  const mode = MODES.find((one) => one === values.mode);
  if (values.mode !== undefined && mode === undefined) {
    throw new Error(`--mode takes one of ${MODES.join(", ")}`);
  }
  return {
    rounds: integer("rounds", values.rounds),
    modes: mode === undefined ? MODES.slice(1) : [mode],
    seed: values.seed === undefined
      ? Math.floor(Math.random() * 1e6)
      : integer("seed", values.seed),
    faults: values.faults.split(",").filter((one) => one !== "").map(
      (one) => {
        const fault = FAULTS.find((kind) => kind === one);
        if (fault !== undefined) return fault;
        throw new Error(`--faults takes ${FAULTS.join(" and ")}, not ${one}`);
      },
    ),
    json: values.json,
  };
}

/** Why these faults are not to be had here; null when they are. */
async function missing(faults: readonly FaultKind[]): Promise<string | null> {
  return (faults.includes("eio") ? await FaultyDisk.missing() : null) ??
    (faults.includes("full") ? await SmallDisk.missing() : null);
}

async function runAll({ rounds, modes, seed, faults, json }: CrashOptions) {
  const reason = await missing(faults);
  if (reason !== null) throw new Error(`--faults ${faults}: ${reason}`);
  const totals = new Totals();
  const isTerminal = Deno.stderr.isTerminal();
  const text = new TextEncoder();
  console.error(`seed ${seed}, ${modes.join(", ")}`);
  for (let round = 0; round < rounds; round++) {
    const mode = modes[round % modes.length];
    const result = await runRound(planRound(mode, seed + round, faults));
    totals.add(result);
    const clear = isTerminal ? "\r\x1b[K" : "";
    if (result.findings.length > 0) {
      Deno.stderr.writeSync(text.encode(clear + tellFailure(result)));
    }
    if (!isTerminal) continue;
    // A line that wraps could not be cleared again.
    const width = Math.max(Deno.consoleSize().columns - 1, 40);
    const line = `${mode.padEnd(14)} ${totals.line}`.slice(0, width);
    Deno.stderr.writeSync(text.encode(clear + line));
  }
  if (isTerminal) console.error();
  if (totals.unproved !== null) console.error(`FAILED ${totals.unproved}`);
  console.log(json ? JSON.stringify({ seed, modes, ...totals }) : totals.line);
  return totals.isFine;
}

if (import.meta.main) {
  try {
    Deno.exit(await runAll(readOptions(Deno.args)) ? 0 : 1);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(2);
  }
}
