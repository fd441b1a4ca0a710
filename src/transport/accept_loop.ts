import type { Clock } from "../clock/mod.ts";

/** After a failed accept: long enough for descriptors to be given back. */
const acceptPause = 100;

/** What connections are accepted from: the runtime's, or a test's own. */
export interface Source<Conn> {
  /** Waits for the next connection; rejects when closed. */
  accept(): Promise<Conn>;
  /** Stops listening. */
  close(): void;
}

/** Accepts until it is closed, whatever fails meanwhile. */
export class AcceptLoop<Conn> {
  readonly #source: Source<Conn>;
  readonly #clock: Clock;
  readonly #onError: (error: Error) => void;
  #closed = false;
  /** Ends the pause after a failed accept. */
  #goOn: () => void = () => {};

  /** `onError` is told of each failure, to accept or to hand on. */
  constructor(
    source: Source<Conn>,
    clock: Clock,
    onError: (error: Error) => void,
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Hands each connection to `onConn`; resolves when closed. */
  async run(onConn: (conn: Conn) => void): Promise<void> {
    while (!this.#closed) {
      let conn: Conn;
      try {
        conn = await this.#source.accept();
      } catch (error) {
        if (this.#closed) return;
        this.report(error);
        // A peer that was gone before it was accepted costs no time. Being out
        // of descriptors would fail again at once, and forever.
        if (!(error instanceof Deno.errors.ConnectionAborted)) {
          await this.#pause();
        }
        continue;
      }
      onConn(conn);
    }
  }

  /** Tells of something that failed. */
  report(error: unknown): void {
    this.#onError(error instanceof Error ? error : new Error(`${error}`));
  }

  /** Stops accepting. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#source.close();
    this.#goOn();
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(acceptPause, resolve);
      this.#goOn = () => {
        cancel();
        resolve();
      };
    });
  }
}
