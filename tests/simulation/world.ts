import { setImmediate } from "node:timers";
import { Random } from "../support/random.ts";

/** Things that happen one after the other, and among others in any order. */
export class Lane {
  readonly #tasks: (() => void)[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Does `task` in one of the next turns, behind all that is in the lane. */
  add(task: () => void): void {
    this.#tasks.push(task);
    if (this.#tasks.length === 1) this.#world.ready.push(this);
  }

  /** Drops what is still to be done. */
  clear(): void {
    this.#tasks.length = 0;
  }

  /** Whether there is something to do. */
  get isReady(): boolean {
    return this.#tasks.length > 0;
  }

  /** Does the next task. */
  step(): void {
    this.#tasks.shift()?.();
  }
}

interface Later {
  readonly due: number;
  readonly task: () => void;
}

/** Turns without anything to do after which a world is at rest. */
const QUIET = 3;

/**
 * Order and chance of a simulation. All that the parts would leave to the
 * system comes from here: which of the things that are ready happens next, how
 * long the disk takes, how many bytes a socket gives.
 */
export class World {
  /** Where each choice comes from; a step of the plan begins it anew. */
  random: Random;
  /** The date in ms since 1970; it goes on while no broker runs. */
  now = Date.UTC(2026, 6, 1);
  /** Turns so far. */
  turns = 0;
  /** Events so far; each line of the history is one. */
  events = 0;
  /** The last event by which the network or the disk did not work. */
  disturbedAt = 0;
  /** The last event in which the broker refused what would have to last. */
  refusedAt = 0;
  /** Lanes that have something to do. */
  ready: Lane[] = [];
  /** What is told of the history; null when nobody reads it. */
  lines: string[] | null = null;
  readonly #marks: { turn: number; now: number; event: number }[] = [];
  #later: Later[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** Notes that something happened; returns its number. */
  tell(text: () => string): number {
    this.lines?.push(`${this.turns} ${text()}`);
    return ++this.events;
  }

  /** Does `task` `turns` turns from now. */
  later(turns: number, task: () => void): void {
    this.#later.push({ due: this.turns + turns, task });
  }

  /**
   * Lets some of what is ready happen, and the runtime finish what follows.
   * Things that are ready at once happen before what follows from them, as
   * sockets do that are ready at once.
   */
  async turn(): Promise<void> {
    this.turns++;
    if (this.#later.length > 0) this.#wake();
    for (let left = 1 + this.random.below(3); left > 0; left--) {
      this.ready = this.ready.filter((lane) => lane.isReady);
      if (this.ready.length === 0) break;
      this.random.pick(this.ready).step();
    }
    this.ready = this.ready.filter((lane) => lane.isReady);
    this.#marks.push({ turn: this.turns, now: this.now, event: this.events });
    await new Promise<void>((resolve) => setImmediate(() => resolve()));
  }

  /** So many turns. */
  async goOn(turns: number): Promise<void> {
    for (let left = turns; left > 0; left--) await this.turn();
  }

  /** Whether nothing is to be done at present. */
  get isAtRest(): boolean {
    return this.ready.length === 0 && this.#later.length === 0;
  }

  /** Turns until nothing is to be done, `most` at most. */
  async rest(most: number): Promise<void> {
    let quiet = 0;
    for (let left = most; left > 0 && quiet < QUIET; left--) {
      await this.turn();
      quiet = this.isAtRest ? quiet + 1 : 0;
    }
  }

  /**
   * The event up to which all was noted `turns` turns before a flush began,
   * `ms` after it, that ended by now; 0 when there is none since `from`.
   */
  writtenSince(from: number, ms: number, turns: number): number {
    const marks = this.#marks;
    let at = marks.length - 1 - turns;
    if (at < 0) return 0;
    const flushed = marks[at].now - ms;
    while (at >= 0 && marks[at].now > flushed) at--;
    at -= turns;
    return at < 0 || marks[at].turn < from ? 0 : marks[at].event;
  }

  #wake(): void {
    const due = this.#later.filter((one) => one.due <= this.turns);
    if (due.length === 0) return;
    this.#later = this.#later.filter((one) => one.due > this.turns);
    for (const { task } of due) task();
  }
}
