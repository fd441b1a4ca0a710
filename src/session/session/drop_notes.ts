import type { DropReason } from "../core/reasons.ts";

/** What is remembered of messages that were dropped for one reason. */
export interface DropNote {
  /** Why. */
  readonly reason: DropReason;
  /** How many. */
  readonly count: number;
  /** When the last of them was, ms by `Clock.now`. */
  readonly lastAt: number;
  /** Its topic. */
  readonly lastTopic: string;
}

/**
 * Messages for one session that its client did not get, for whoever asks why.
 * There are no more notes than reasons.
 */
export class DropNotes {
  readonly #notes = new Map<
    DropReason,
    { count: number; lastAt: number; lastTopic: string }
  >();

  /** Notes one more; `now` in ms by `Clock.now`. */
  note(reason: DropReason, topic: string, now: number): void {
    const note = this.#notes.get(reason);
    if (note === undefined) {
      this.#notes.set(reason, { count: 1, lastAt: now, lastTopic: topic });
    } else {
      note.count++;
      note.lastAt = now;
      note.lastTopic = topic;
    }
  }

  /** All notes. */
  all(): DropNote[] {
    return [...this.#notes].map(([reason, note]) => ({ reason, ...note }));
  }
}
