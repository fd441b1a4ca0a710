import type { Cancel, Clock } from "../../clock/mod.ts";
import type { Usage } from "./space.ts";

/** Interval between looks while space is short, ms. */
const RECHECK = 1000;

/** Bytes that may be noted until the next look, however little room is left. */
const A_LOOK = 64 * 1024;

/** A source of space. */
export interface SpaceSource {
  /** Returns why nothing should be stored at present, or null. */
  shortage(usage: Usage): string | null;
  /** Bytes that may come until space is short, as of the last answer. */
  readonly room: number;
  /** Whether `room` is known. @default true */
  readonly isKnown?: boolean;
  /** Called when there may be another answer. */
  onAnswer?: () => void;
}

/** The watched store, and the callback. */
export interface Watched {
  /** Returns the present figures. */
  usage(): Usage;
  /** Receives why space is short; null once it is not. */
  found(shortage: string | null): void;
  /** Another look is due. */
  due(): void;
}

/**
 * Looks for space after each commit, and within a batch when the notes take
 * half of the room that was left.
 */
export class SpaceWatch {
  readonly #space: SpaceSource | undefined;
  readonly #clock: Clock;
  readonly #watched: Watched;
  #recheck: Cancel | null = null;
  #isClosed = false;
  /** Noted bytes from which on another look is due within the batch. */
  limit = 0;

  /** Without a source, space is never short. */
  constructor(
    space: SpaceSource | undefined,
    clock: Clock,
    watched: Watched,
  ) {
    this.#space = space;
    this.#clock = clock;
    this.#watched = watched;
    if (space === undefined) this.limit = Infinity;
    else space.onAnswer = () => this.#due();
  }

  /** Whether the source has not been asked yet. */
  get isNew(): boolean {
    return this.#space?.isKnown === false;
  }

  /**
   * Looks now; `noted` bytes belong to the present batch. While space is short
   * a timer makes the next look due: there may be no commit.
   */
  look(noted: number): void {
    const space = this.#space;
    if (space === undefined || this.#isClosed) return;
    const shortage = space.shortage(this.#watched.usage());
    const room = space.isKnown === false ? 0 : space.room;
    this.limit = noted + Math.max(A_LOOK, room / 2);
    this.#watched.found(shortage);
    this.#recheck?.();
    this.#recheck = shortage === null
      ? null
      : this.#clock.after(RECHECK, () => this.#due());
  }

  #due(): void {
    if (!this.#isClosed) this.#watched.due();
  }

  /** Ends the looks. */
  close(): void {
    this.#isClosed = true;
    this.#recheck?.();
  }
}
