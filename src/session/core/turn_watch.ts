import type { Cancel, Clock } from "../../clock/mod.ts";
import type { Counters } from "./counters.ts";

/** Kinds of work of the event loop, for the log. */
export type WorkKind =
  // Packets of one client: received, and sent to it from its queue.
  | "packets"
  // A will is published.
  | "will"
  // Retained messages for new subscriptions, rules for present ones, in slices.
  | "background"
  // Keep alives, delays of wills, expiries.
  | "deadlines"
  | "housekeeping"
  | "sys-topics"
  // Figures for the admin page, and its requests.
  | "admin"
  // The state of the former run comes back.
  | "restore"
  | "reload"
  // Commits, cleaning, snapshots.
  | "store"
  | "stop"
  | "other";

/** Work that begins; a connection is the work on its packets. */
export interface Work {
  /** Its kind. */
  readonly kind: WorkKind;
  /** The client it is for; null for none. */
  readonly clientId: string | null;
}

/** Returns work that is for no client. */
export function workOf(kind: WorkKind): Work {
  return { kind, clientId: null };
}

/** A turn of the event loop in which all clients waited. */
export interface SlowTurn {
  /** How long the loop stood, about (ms). */
  readonly ms: number;
  /** The last work that began before; null for many short ones. */
  readonly work: Work | null;
  /** Packets received and sent since that work began. */
  readonly packets: number;
}

/** Receives slow turns. */
export type OnSlowTurn = (turn: SlowTurn) => void;

/** Turns are slow from this length on (ms). */
const SLOW = 50;

/** The timer looks so often while there is much work (ms). */
const LOOK = 10;

/** Longest gap between the beginnings of two works that is short (ms). */
const SOON = 20;

/** Short gaps in a row from which on work counts as much. */
const TIMES = 4;

/** Longest gap between two beginnings that is not noted (ms): over two looks. */
const NOTED = 25;

/**
 * Finds turns of the event loop that last 50 ms or more. While there is much
 * work, a timer finds them by its own lateness: reading the clock at the end of
 * each work would cost too much. Each work reads the clock when it begins; the
 * log names the work before the longest gap. A single work is measured to its
 * end, and an idle broker stays asleep.
 */
export class TurnWatch {
  readonly #clock: Clock;
  readonly #counters: Counters;
  /** Receives slow turns; must not throw. */
  onSlow: OnSlowTurn = () => {};
  #cancel: Cancel | null = null;
  /** Whether the timer runs, and whether a single work is measured. */
  #isSet = false;
  #isMeasured = false;
  #isStopped = false;
  /** When the timer is due or the work began; suspensions until then (ms). */
  #due = 0;
  #suspended = 0;
  /** Number of short gaps in a row. */
  #times = 0;
  /** Works begun since the last look. */
  #begun = 0;
  /** The latest work, the time of its beginning, and the packets until then. */
  #work: Work = workOf("other");
  #beganAt = 0;
  #packetsAt = 0;
  /** The longest gap since the last look; Infinity notes none. */
  #longest = Infinity;
  #slow: SlowTurn | null = null;
  #held: Work | null = null;

  /** `counters` have the packets of all clients. */
  constructor(clock: Clock, counters: Counters) {
    this.#clock = clock;
    this.#counters = counters;
  }

  /**
   * Notes that `work` begins at `now`. Each pass calls this. With `hasEnd` a call
   * of `ends` follows in the same turn.
   */
  begins(work: Work, now: number, hasEnd = false): void {
    const { packetsReceived, packetsSent } = this.#counters;
    const packets = packetsReceived + packetsSent;
    const gap = now - this.#beganAt;
    if (gap > this.#longest) this.#note(gap, packets);
    this.#work = work;
    this.#beganAt = now;
    this.#packetsAt = packets;
    this.#begun++;
    if (this.#isSet) return;
    this.#times = gap <= SOON ? this.#times + 1 : 0;
    if (this.#times >= TIMES) this.#set(now);
    else if (hasEnd) this.#measure(now);
  }

  /** Notes that a work with an end has ended. */
  ends(): void {
    if (!this.#isMeasured) return;
    this.#isMeasured = false;
    const now = this.#clock.now() - this.#slept;
    const lasted = now - this.#due;
    if (lasted >= SLOW) this.#report(now, lasted, lasted);
    this.#longest = Infinity;
  }

  /** Watches all the time, until null, as if `work` began at each look. */
  hold(work: Work | null): void {
    this.#held = work;
    if (work === null) return;
    const now = this.#clock.now();
    this.begins(work, now);
    if (!this.#isSet) this.#set(now);
  }

  /** Ends the timer for good. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** Suspensions of the machine since the work or the timer began (ms). */
  get #slept(): number {
    return this.#clock.suspended - this.#suspended;
  }

  #note(gap: number, packets: number): void {
    this.#longest = gap;
    this.#slow = {
      ms: gap,
      work: this.#work,
      packets: packets - this.#packetsAt,
    };
  }

  #measure(now: number): void {
    this.#isMeasured = true;
    this.#reset(now);
  }

  #set(now: number): void {
    if (this.#isStopped) return;
    this.#isMeasured = false;
    this.#isSet = true;
    this.#reset(now + LOOK);
    // The time until now is accounted for.
    this.#beganAt = now;
    this.#cancel = this.#clock.after(LOOK, this.#look);
  }

  #reset(due: number): void {
    this.#due = due;
    this.#suspended = this.#clock.suspended;
    this.#longest = NOTED;
    this.#slow = null;
    this.#begun = 0;
  }

  readonly #look = (): void => {
    const now = this.#clock.now();
    const late = now - this.#due - this.#slept;
    if (late >= SLOW) this.#report(now - this.#slept, late, late + LOOK);
    this.#isSet = false;
    this.#longest = Infinity;
    this.#times = 0;
    if (this.#held !== null) this.#work = this.#held;
    if (this.#begun > 0 || this.#held !== null) this.#set(now);
  };

  /** The turn lasted from `least` to `most` ms. */
  #report(now: number, least: number, most: number): void {
    const { packetsReceived, packetsSent } = this.#counters;
    const gap = now - this.#beganAt;
    if (gap > this.#longest) this.#note(gap, packetsReceived + packetsSent);
    const slow = this.#slow;
    if (slow === null || slow.ms * 2 < least) {
      return this.onSlow({ ms: least, work: null, packets: 0 });
    }
    const ms = Math.max(least, Math.min(slow.ms, most));
    this.onSlow({ ...slow, ms });
  }
}
