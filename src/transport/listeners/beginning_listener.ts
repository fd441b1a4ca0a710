import { type ArrivalOptions, Arrivals } from "./arrivals.ts";
import type {
  Accepted,
  Listener,
  PeerAddress,
} from "../streams/byte_stream.ts";
import { closeQuietly } from "../streams/close_quietly.ts";

/**
 * Takes a connection up to MQTT: resolves to the stream of MQTT and facts about
 * the peer. Calls `name` when a proxy has named the client. Rejects, best with a
 * `RefusedError`, a connection that must not go on.
 */
export type Begin = (
  accepted: Accepted,
  name: (peer: PeerAddress) => void,
) => Promise<Accepted>;

/** Adds the steps before MQTT to another listener. */
export class BeginningListener implements Listener {
  /** Address of the listener below. */
  readonly address: PeerAddress;
  readonly #below: Listener;
  readonly #begin: Begin;
  readonly #arrivals: Arrivals;

  /** Serves and closes `below` from now on. */
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

  /** As `Listener.close`; closes streams that have not reached MQTT, too. */
  close(): void {
    this.#below.close();
    this.#arrivals.close();
  }
}
