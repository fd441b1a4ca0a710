import type { KillKind } from "./account.ts";
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

/** One end of the broker, as planned. */
export interface PlannedKill {
  readonly kind: KillKind;
  /** Ms from the last start to it. */
  readonly after: number;
  /** Ms it stands still before it is killed, or loads before it is. */
  readonly pause: number;
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
}

/** A flush interval so long that a kill has to hit what is not on disk. */
export const LONG_FLUSH = 2000;

/** The plan of a round; the same seed gives the same one. */
export function planRound(mode: Mode, seed: number): Plan {
  const random = new Random(seed);
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
    });
  }
  return {
    ...{ mode, seed, flushInterval, kills },
    versions: Array.from({ length: 6 }, () => random.chance(0.5) ? 5 : 4),
  };
}
