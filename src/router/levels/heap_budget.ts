/**
 * The part of V8's heap that sessions, subscriptions, queued messages and
 * retained ones take, estimated. V8 ends the process at its heap limit, so the
 * owners of such state refuse more of it before that.
 */
export class HeapBudget {
  /** Estimated bytes in use; each owner adds its own and takes them back. */
  used = 0;
  /** The part of it that sessions and subscriptions take. */
  sessions = 0;
  /** Bytes from which on it is full; Infinity for no bound. */
  limit: number = Infinity;
  #find: (() => Promise<number>) | null = null;

  /** Returns whether no new state should be accepted. */
  get isFull(): boolean {
    return this.used >= this.limit && this.#isOver();
  }

  /**
   * Sets the limit to the result of `find`, which is called once `bytes` are in
   * use: small brokers need not load what finds it. `find` must not reject.
   */
  limitFrom(bytes: number, find: () => Promise<number>): void {
    this.limit = bytes;
    this.#find = find;
  }

  #isOver(): boolean {
    const find = this.#find;
    if (find === null) return true;
    this.#find = null;
    this.limit = Infinity;
    find().then((limit) => this.limit = limit);
    return false;
  }
}
