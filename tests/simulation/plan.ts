import type { StorageMode } from "../../src/store/mod.ts";
import { Random } from "../support/random.ts";

/** What may happen, and how often beside the others. */
const WEIGHTS = {
  publish: 26,
  retain: 7,
  share: 6,
  expiring: 3,
  turns: 22,
  time: 12,
  acknowledge: 16,
  cut: 4,
  disconnect: 2,
  connect: 6,
  connectAll: 4,
  clean: 1,
  toggle: 2,
  stall: 1,
  unstall: 1,
  will: 2,
  fail: 1.5,
  hang: 0.6,
  full: 0.8,
  heal: 1.5,
  power: 1,
  kill: 1,
  stop: 0.7,
  reload: 0.7,
  long: 0.7,
  damage: 0.7,
} as const;

/** A kind of step. */
export type StepKind = keyof typeof WEIGHTS;

/** One thing that happens to a simulation. */
export interface Step {
  /** What chance does in it begins with this. */
  readonly seed: number;
  readonly kind: StepKind;
  /** From 0 up to 1: which one, how many. */
  readonly which: number;
  readonly much: number;
}

const KINDS = Object.keys(WEIGHTS) as StepKind[];
const SUM = KINDS.reduce((sum, kind) => sum + WEIGHTS[kind], 0);

/** The steps of a seed; only `fault-tolerant` promises to outlive damage. */
export function planOf(
  seed: number,
  steps: number,
  mode: StorageMode,
): Step[] {
  const random = new Random(seed);
  const sum = mode === "fault-tolerant" ? SUM : SUM - WEIGHTS.damage;
  return Array.from({ length: steps }, () => ({
    seed: random.below(2 ** 31),
    kind: kindAt(random.next() * sum),
    which: random.next(),
    much: random.next(),
  }));
}

function kindAt(weight: number): StepKind {
  for (const kind of KINDS) {
    weight -= WEIGHTS[kind];
    if (weight < 0) return kind;
  }
  return "turns";
}
