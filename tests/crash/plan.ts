import type { FaultKind, KillKind } from "./account.ts";
import { Random } from "../support/random.ts";

/** Storage modes that are tried. */
export const MODES = [
  "memory",
  "buffered",
  "durable",
  "fault-tolerant",
] as const;

/** One of the storage modes. */
export type Mode = typeof MODES[number];

/** What a disk can do wrong. */
export const FAULTS: readonly FaultKind[] = ["eio", "full"];

/** A time in which the disk does not work, as planned. */
export interface PlannedFault {
  readonly kind: FaultKind;
  /** Ms from its beginning to what follows. */
  readonly lasts: number;
  /** Of 100 calls so many fail; of `eio`. */
  readonly percent: number;
  /** The disk works again before the kill, after it, or in the next life. */
  readonly ends: "before" | "dead" | "later";
}

/** One end of the broker, as planned. */
export interface PlannedKill {
  readonly kind: KillKind;
  /** Ms from the last start to it. */
  readonly after: number;
  /** Ms it stands still before it is killed, or loads before it is. */
  readonly pause: number;
  /** What the disk does before it, or null. */
  readonly fault: PlannedFault | null;
}

/** What a round does. */
export interface Plan {
  readonly mode: Mode;
  readonly seed: number;
  /** Ms; counts in `buffered` alone. */
  readonly flushInterval: number;
  /** Protocol version of each client. */
  readonly versions: readonly (4 | 5)[];
  readonly kills: readonly PlannedKill[];
  /** What the disk may do wrong. */
  readonly faults: readonly FaultKind[];
  /** `storage.low_space`. */
  readonly lowSpace: string;
}

/** A flush interval so long that a kill has to hit what is not on disk. */
export const LONG_FLUSH = 2000;

/** The plan of a round; the same seed and faults give the same one. */
export function planRound(
  mode: Mode,
  seed: number,
  faults: readonly FaultKind[] = [],
): Plan {
  const random = new Random(seed);
  // Of its own: the rest is the same with faults and without.
  const luck = new Random(seed ^ 0xd15c);
  const isBuffered = mode === "buffered";
  const flushInterval = isBuffered && random.chance(0.5)
    ? LONG_FLUSH
    : random.pick([20, 100, 200]);
  // Half of the short rounds reach far beyond their window.
  const longest = isBuffered && flushInterval < LONG_FLUSH ? 1200 : 300;
  const kills: PlannedKill[] = [];
  const count = mode === "memory" ? 0 : random.between(2, 4);
  for (let at = 0; at < count; at++) {
    const kind = random.pick<KillKind>(
      ["kill", "kill", "kill", "freeze", "loading", "stop"],
    );
    kills.push({
      kind,
      after: random.below(longest),
      pause: random.below(kind === "freeze" ? 200 : 150),
      fault: faults.length === 0 || luck.chance(0.25)
        ? null
        : planFault(luck, faults, kind === "stop"),
    });
  }
  return {
    ...{ mode, seed, flushInterval, kills },
    faults,
    lowSpace: faults.length === 0 ? "0" : luck.pick(["0", "8 MiB"]),
    versions: Array.from({ length: 6 }, () => random.chance(0.5) ? 5 : 4),
  };
}

/** A stop is asked for when the disk works: only then it loses nothing. */
function planFault(
  random: Random,
  faults: readonly FaultKind[],
  isStop: boolean,
): PlannedFault {
  return {
    kind: random.pick(faults),
    lasts: random.pick([50, 300, 1500, 3000]),
    percent: random.pick([100, 100, 30, 5]),
    ends: isStop ? "before" : random.pick(["before", "dead", "later"]),
  };
}
