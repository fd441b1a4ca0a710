import type { Accepted, Listener, PeerAddress } from "./byte_stream.ts";
import {
  type MemoryOptions,
  memoryPair,
  type MemoryStream,
} from "./memory_stream.ts";

/** A listener without a network: tests connect by `connect`. */
export class MemoryListener implements Listener {
  /** Always `memory`, port 0. */
  readonly address: PeerAddress = { hostname: "memory", port: 0 };
  readonly #options: MemoryOptions;
  readonly #served = Promise.withResolvers<void>();
  /** Streams connected before `serve` was called. */
  #waiting: Accepted[] = [];
  #onStream: ((accepted: Accepted) => void) | null = null;
  #closed = false;
  #nextPort = 1;

  /** `options` apply to every stream. */
  constructor(options: MemoryOptions = {}) {
    this.#options = options;
  }

  /**
   * Connects and returns the client's end. Calls `onStream` before it returns,
   * or as soon as `serve` is called. `hostname` is the address of the client;
   * its port counts up from 1. Throws `ConnectionRefused` on a closed listener.
   */
  connect(hostname = "memory"): MemoryStream {
    if (this.#closed) {
      throw new Deno.errors.ConnectionRefused("the listener is closed");
    }
    const [client, stream] = memoryPair(this.#options);
    const accepted = { stream, peer: { hostname, port: this.#nextPort++ } };
    if (this.#onStream === null) this.#waiting.push(accepted);
    else this.#onStream(accepted);
    return client;
  }

  serve(onStream: (accepted: Accepted) => void): Promise<void> {
    this.#onStream = onStream;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const accepted of waiting) onStream(accepted);
    return this.#served.promise;
  }

  close(): void {
    this.#closed = true;
    for (const { stream } of this.#waiting) stream.close();
    this.#waiting = [];
    this.#served.resolve();
  }
}
