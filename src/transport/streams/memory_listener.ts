import type { Accepted, Listener, PeerAddress } from "./byte_stream.ts";
import {
  type MemoryOptions,
  memoryPair,
  type MemoryStream,
} from "./memory_stream.ts";

/** A listener without a network: `connect` is what a client would do. */
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

  /** `options` hold for every stream it accepts. */
  constructor(options: MemoryOptions = {}) {
    this.#options = options;
  }

  /**
   * Connects and returns the client's end. The listener's `onStream` is called
   * before this returns, or as soon as `serve` is. `hostname` is the address
   * the client seems to come from; its port counts up from 1.
   * Throws `ConnectionRefused` once the listener is closed.
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
