import { encodeUtf8, type Topic } from "../../mqtt/mod.ts";
import type { DropReason } from "../core/reasons.ts";

/** Characters of a long topic that a note keeps. */
const KEPT = 200;

/** Messages dropped for one reason. */
export interface DropNote {
  /** The reason. */
  readonly reason: DropReason;
  /** Number of messages. */
  readonly count: number;
  /** Time of the last drop, ms by `Clock.now`. */
  readonly lastAt: number;
  /** Topic of the last dropped message; the beginning of a long one. */
  readonly lastTopic: string;
}

/**
 * Messages that the client of one session did not get, or that were not accepted
 * from it: one note a reason.
 */
export class DropNotes {
  readonly #notes = new Map<
    DropReason,
    { count: number; lastAt: number; lastTopic: string }
  >();

  /** Number of messages, of all reasons. */
  total = 0;

  /** Notes one more message; `now` in ms by `Clock.now`. */
  note(reason: DropReason, { text, isLong }: Topic, now: number): void {
    this.total++;
    const topic = isLong ? beginningOf(text) : text;
    const note = this.#notes.get(reason);
    if (note === undefined) {
      this.#notes.set(reason, { count: 1, lastAt: now, lastTopic: topic });
    } else {
      note.count++;
      note.lastAt = now;
      note.lastTopic = topic;
    }
  }

  /** Returns all notes. */
  all(): DropNote[] {
    return [...this.#notes].map(([reason, note]) => ({ reason, ...note }));
  }
}

/** Returns the first characters of a text, which it does not keep in memory. */
function beginningOf(text: string): string {
  return new TextDecoder().decode(encodeUtf8(`${text.slice(0, KEPT)}…`));
}
