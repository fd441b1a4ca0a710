/**
 * So many notes may stand in a list before those that are over are sought. What
 * is over and still noted lives through collections of the young generation,
 * and costs more there than to be sought.
 */
const FIRST_SIEVE = 1024;

/**
 * Notes of one kind. What is over before it is written is taken off the list
 * as the list grows: while nothing can be written, it stays below twice what
 * is not over.
 */
export class NoteList<T> {
  readonly #isOver: (note: T) => boolean;
  readonly #dropped: ((note: T) => void) | null;
  #sieve = FIRST_SIEVE;
  /** The notes, in their order; some may be over. */
  notes: T[] = [];

  /**
   * `isOver` says, and changes nothing, that a note needs no writing; then it
   * is taken off, and `dropped` is told.
   */
  constructor(
    isOver: (note: T) => boolean,
    dropped: ((note: T) => void) | null = null,
  ) {
    this.#isOver = isOver;
    this.#dropped = dropped;
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
    const all = this.notes;
    this.notes = without(all, this.#isOver);
    if (this.#dropped !== null && this.notes !== all) {
      all.filter(this.#isOver).forEach(this.#dropped);
    }
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
