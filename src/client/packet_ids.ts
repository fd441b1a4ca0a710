/** Takes the reason code of the packet that ends an exchange. */
export type OnAnswer = (code: number) => void;

/** Packet ids of messages in flight, as many as the window allows. */
export class PacketIds {
  /** Messages in flight at most; at least 1. */
  window: number;
  readonly #taken = new Map<number, OnAnswer>();
  #latest = 0;
  #failure: Error | null = null;
  /** Called at each answer, and at the end. */
  #wake: () => void = () => {};

  /** `window` is at least 1. */
  constructor(window: number) {
    this.window = window;
  }

  /**
   * Waits for room, and returns an unused id. One call at a time. Rejects once
   * the connection has ended.
   */
  async take(onAnswer: OnAnswer): Promise<number> {
    while (this.#failure === null && this.#taken.size >= this.window) {
      await this.#change();
    }
    if (this.#failure !== null) throw this.#failure;
    do {
      this.#latest = this.#latest % 65_535 + 1;
    } while (this.#taken.has(this.#latest));
    this.#taken.set(this.#latest, onAnswer);
    return this.#latest;
  }

  /** Resolves once no message is in flight. */
  async empty(): Promise<void> {
    while (this.#failure === null && this.#taken.size > 0) await this.#change();
  }

  /** Ends the exchange of an id. */
  answered(id: number, code: number): void {
    const onAnswer = this.#taken.get(id);
    this.#taken.delete(id);
    onAnswer?.(code);
    this.#wake();
  }

  /** The connection has ended: all waits end. */
  end(why: Error): void {
    this.#failure ??= why;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }
}
