/** So many notes may stand in a list before those that are over are sought. */
const FIRST_SIEVE = 8192;

/**
 * Notes of one kind. What is over before it is written is taken off the list
 * as the list grows: while nothing can be written, it stays below twice what
 * is not over.
 */
export class NoteList<T> {
  readonly #isOver: (note: T) => boolean;
  #sieve = FIRST_SIEVE;
  /** The notes, in their order; some may be over. */
  notes: T[] = [];

  /** `isOver` says that a note needs no writing; it is dropped then. */
  constructor(isOver: (note: T) => boolean) {
    this.#isOver = isOver;
  }

  /** Adds a note behind the others. */
  add(note: T): void {
    if (this.notes.push(note) === this.#sieve) this.#sift();
  }

  /** Forgets all notes. */
  clear(): void {
    this.notes = [];
    this.#sieve = FIRST_SIEVE;
  }

  #sift(): void {
    this.notes = without(this.notes, this.#isOver);
    this.#sieve = Math.max(FIRST_SIEVE, this.notes.length * 2);
  }
}

/** The notes without those that are over; mostly none is, and none is copied. */
export function without<T>(
  notes: T[],
  isOver: (note: T) => boolean,
): T[] {
  return notes.some(isOver) ? notes.filter((note) => !isOver(note)) : notes;
}
