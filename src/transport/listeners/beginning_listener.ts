import { type ArrivalOptions, Arrivals } from "./arrivals.ts";
import type {
  Accepted,
  Listener,
  PeerAddress,
} from "../streams/byte_stream.ts";
import { closeQuietly } from "../streams/close_quietly.ts";

/**
 * What a connection goes through before MQTT begins: resolves to the stream
 * that carries it, and what was learned of the peer. Calls `name` when a proxy
 * has named the client. Rejects, best with a `RefusedError`, when it is not to
 * go on.
 */
export type Begin = (
  accepted: Accepted,
  name: (peer: PeerAddress) => void,
) => Promise<Accepted>;

/** Puts what comes before MQTT on top of another listener. */
export class BeginningListener implements Listener {
  /** Where the listener below listens. */
  readonly address: PeerAddress;
  readonly #below: Listener;
  readonly #begin: Begin;
  readonly #arrivals: Arrivals;

  /** `below` is served and closed by this listener from now on. */
  constructor(below: Listener, begin: Begin, options: ArrivalOptions) {
    this.address = below.address;
    this.#below = below;
    this.#begin = begin;
    this.#arrivals = new Arrivals(options);
  }

  serve(onStream: (accepted: Accepted) => void): Promise<void> {
    return this.#below.serve((accepted) => {
      this.#arrivals.take({
        peer: accepted.peer,
        close: () => closeQuietly(accepted.stream),
        begin: (name) => this.#begin(accepted, name),
      }, onStream);
    });
  }

  /** As `Listener.close`; streams still in their beginning are closed. */
  close(): void {
    this.#below.close();
    this.#arrivals.close();
  }
}
