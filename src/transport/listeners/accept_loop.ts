import type { Clock } from "../../clock/mod.ts";
import { acceptFailureOf, shortageError } from "./accept_error.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { closeQuietly } from "../streams/close_quietly.ts";
import { type Refusal, RefusedError } from "../streams/refusal.ts";

/** After a shortage: long enough for descriptors to be given back (ms). */
const acceptPause = 100;

/** Unknown failures in a row after which each costs a pause as well. */
const mostInARow = 100;

/** A source of connections: the runtime's, or a test's. */
export interface Source<Conn> {
  /** Waits for the next connection; rejects when closed. */
  accept(): Promise<Conn>;
  /** Stops listening. */
  close(): void;
}

/** Options of an accept loop. */
export interface AcceptOptions {
  /** Measures the pause after a shortage. */
  readonly clock: Clock;
  /** Receives each failure of the listener, ten a second for a shortage. */
  readonly onError: (error: Error) => void;
  /**
   * Receives each connection that its peer reset before it was accepted.
   * @default ignores it
   */
  readonly onRefused?: (refusal: Refusal) => void;
}

/** Accepts connections until it is closed, whatever fails meanwhile. */
export class AcceptLoop<Conn extends ByteStream> {
  readonly #source: Source<Conn>;
  readonly #options: AcceptOptions;
  #closed = false;
  /** Ends the pause after a shortage. */
  #goOn: () => void = () => {};

  /** `source` listens already. */
  constructor(source: Source<Conn>, options: AcceptOptions) {
    this.#source = source;
    this.#options = options;
  }

  /**
   * Hands each connection to `onConn`; resolves when closed. Closes a
   * connection for which `onConn` throws.
   */
  async run(onConn: (conn: Conn) => void): Promise<void> {
    for (let failures = 0; !this.#closed;) {
      let conn: Conn;
      try {
        conn = await this.#source.accept();
      } catch (error) {
        if (this.#closed) return;
        if (!this.#refuse(error)) await this.#recover(error, ++failures);
        continue;
      }
      failures = 0;
      try {
        onConn(conn);
      } catch (error) {
        closeQuietly(conn);
        if (!this.#refuse(error)) this.#report(error);
      }
    }
  }

  /** Stops accepting. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#source.close();
    this.#goOn();
  }

  /** Returns false for a failure that is not the peer's. */
  #refuse(cause: unknown): boolean {
    if (acceptFailureOf(cause) !== "peer-gone") return false;
    const text = "the peer reset the connection before it was accepted";
    const error = new RefusedError("reset-before-accept", text, cause);
    // The system no longer knows the address.
    const peer = { hostname: "unknown", port: 0 };
    this.#options.onRefused?.({ reason: error.reason, error, peer });
    return true;
  }

  /** `failures` is how many there were in a row. */
  async #recover(error: unknown, failures: number): Promise<void> {
    const isShortage = acceptFailureOf(error) === "shortage";
    this.#report(isShortage ? shortageError(error) : error);
    // A shortage fails again at once, and so does a listener that is broken
    // for good; anything else must not keep the next client waiting.
    if (isShortage || failures > mostInARow) await this.#pause();
  }

  #report(error: unknown): void {
    const told = error instanceof Error ? error : new Error(`${error}`);
    this.#options.onError(told);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(acceptPause, resolve);
      this.#goOn = () => {
        cancel();
        resolve();
      };
    });
  }
}
