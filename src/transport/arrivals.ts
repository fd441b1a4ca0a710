import type { Cancel, Clock } from "../clock/mod.ts";
import type { Accepted, PeerAddress } from "./byte_stream.ts";
import { HandshakeError } from "./handshake_error.ts";
import { type Refusal, RefusedError } from "./refusal.ts";

/** So long an arrival is left in peace, however many wait for its place (ms). */
const GRACE = 2000;

/** What bounds the beginnings of connections. */
export interface ArrivalOptions {
  /** Measures the timeout. */
  readonly clock: Clock;
  /** Most ms from the connection to where MQTT begins, at least 1. */
  readonly handshakeTimeout: number;
  /** Most connections that are in their beginning at a time, at least 1. */
  readonly maxHandshakes: number;
  /** Told of each that came to nothing. */
  readonly onRefused: (refusal: Refusal) => void;
}

/** One connection in its beginning. */
interface Arrival {
  readonly since: number;
  /** Why it ends, when that is our decision. */
  refused: RefusedError | null;
  readonly close: () => void;
}

/**
 * The connections of one listener that are not at MQTT yet: in their PROXY
 * header, TLS or WebSocket handshake. Bounded in number and in time, so that
 * peers who never get on hold neither memory nor those who do.
 */
export class Arrivals {
  readonly #options: ArrivalOptions;
  /** In the order they came. */
  readonly #all = new Set<Arrival>();
  #closed = false;

  constructor(options: ArrivalOptions) {
    this.#options = options;
  }

  /** How many there are now. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * Runs `begin` and hands its outcome to `onStream`; never rejects. `close`
   * ends the connection and makes `begin` reject; it may be called twice.
   *
   * When there is no room, the oldest gives way if it had time enough to get
   * on; else the new one is turned away: in a rush of honest clients those
   * that are nearly done must not lose their place to the next.
   */
  async take(
    peer: PeerAddress,
    close: () => void,
    begin: () => Promise<Accepted>,
    onStream: (accepted: Accepted) => void,
  ): Promise<void> {
    const { clock, maxHandshakes, onRefused } = this.#options;
    if (this.#closed) return close();
    if (this.#all.size >= maxHandshakes && !this.#dropOldest()) {
      close();
      onRefused({ reason: "too-many-handshakes", error: crowded(), peer });
      return;
    }
    const arrival: Arrival = { since: clock.now(), refused: null, close };
    this.#all.add(arrival);
    const cancel = this.#limit(arrival);
    try {
      const accepted = await begin();
      // It may have come to its end in the moment it was given up.
      if (arrival.refused !== null || this.#closed) {
        close();
        throw arrival.refused ?? new Error("the listener is closed");
      }
      this.#leave(arrival, cancel);
      onStream(accepted);
    } catch (error) {
      this.#leave(arrival, cancel);
      close();
      if (!this.#closed) onRefused(refusalOf(arrival.refused ?? error, peer));
    }
  }

  /** Ends all that are in their beginning, silently; none begins from now on. */
  close(): void {
    this.#closed = true;
    for (const { close } of [...this.#all]) close();
  }

  #leave(arrival: Arrival, cancel: Cancel): void {
    cancel();
    this.#all.delete(arrival);
  }

  #limit(arrival: Arrival): Cancel {
    return this.#options.clock.after(this.#options.handshakeTimeout, () => {
      arrival.refused = new RefusedError(
        "handshake-timeout",
        "the handshake took too long",
      );
      arrival.close();
    });
  }

  #dropOldest(): boolean {
    const [oldest] = this.#all;
    if (this.#options.clock.now() - oldest.since < GRACE) return false;
    oldest.refused = crowded();
    this.#all.delete(oldest);
    oldest.close();
    return true;
  }
}

function crowded(): RefusedError {
  return new RefusedError(
    "too-many-handshakes",
    "too many connections are in their handshake",
  );
}

function refusalOf(error: unknown, peer: PeerAddress): Refusal {
  if (error instanceof RefusedError) {
    return { reason: error.reason, error, peer };
  }
  if (error instanceof HandshakeError) {
    const isLate = error.status === 408;
    const reason = isLate ? "handshake-timeout" : "websocket-handshake";
    return { reason, error, peer };
  }
  // The peer went away, or the network did: that is no fault to warn of.
  const text = error instanceof Error ? error.message : String(error);
  const broken = new RefusedError("broken", text, error);
  return { reason: "broken", error: broken, peer };
}
