/**
 * Notes in a list before those without effect are removed. Such notes survive
 * collections of the young generation, which costs more than removing them.
 */
const FIRST_SIEVE = 1024;

/**
 * Notes of one kind. The list drops notes that no longer need writing as it
 * grows, so it stays below twice the notes that do, even while the disk fails.
 */
export class NoteList<T> {
  readonly #isOver: (note: T) => boolean;
  readonly #dropped: ((note: T) => void) | null;
  #sieve = FIRST_SIEVE;
  /** The notes in their order; some may no longer need writing. */
  notes: T[] = [];

  /**
   * `isOver` returns whether a note needs no writing, and changes nothing. The
   * list then drops the note and calls `dropped`.
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

/**
 * Returns the notes that still need writing; copies none if that is all of
 * them.
 */
export function without<T>(
  notes: T[],
  isOver: (note: T) => boolean,
): T[] {
  return notes.some(isOver) ? notes.filter((note) => !isOver(note)) : notes;
}
