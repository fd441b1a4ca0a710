import type {
  Accepted,
  ByteStream,
  Listener,
} from "../../src/transport/mod.ts";

/** Where clients of a simulation connect to; no socket is behind it. */
export class SimulatedListener implements Listener {
  readonly address = { hostname: "10.0.0.254", port: 1883 };
  readonly #closed = Promise.withResolvers<void>();
  #onStream: ((accepted: Accepted) => void) | null = null;

  /** Whether the broker takes connections. */
  get isServing(): boolean {
    return this.#onStream !== null;
  }

  /** Gives the broker its end of a connection. */
  accept(stream: ByteStream): void {
    this.#onStream!({ stream, peer: { hostname: "10.0.0.1", port: 1 } });
  }

  serve(onStream: (accepted: Accepted) => void): Promise<void> {
    this.#onStream = onStream;
    return this.#closed.promise;
  }

  close(): void {
    this.#onStream = null;
    this.#closed.resolve();
  }
}
