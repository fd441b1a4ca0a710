import type { Cancel, Clock } from "../../clock/mod.ts";
import { subscriberOf } from "../../network/mod.ts";
import { AddressShares, type Share } from "./address_shares.ts";
import type { Accepted, PeerAddress } from "../streams/byte_stream.ts";
import { HandshakeError } from "../streams/handshake_error.ts";
import { type Refusal, RefusedError } from "../streams/refusal.ts";

/** Time during which no other of its address replaces an arrival (ms). */
const GRACE = 2000;

/** Bounds of connections before MQTT. */
export interface ArrivalOptions {
  /** Measures the timeout. */
  readonly clock: Clock;
  /** Longest from the connection to MQTT (ms), at least 1. */
  readonly handshakeTimeout: number;
  /** Most connections before MQTT at a time, at least 1. */
  readonly maxHandshakes: number;
  /**
   * Returns whether a peer is a proxy that will name its client. Until then each
   * of its connections counts for itself.
   * @default no peer is
   */
  readonly isProxy?: (peer: PeerAddress) => boolean;
  /** Receives each connection that ended before MQTT. */
  readonly onRefused: (refusal: Refusal) => void;
}

/** The steps of an arrival up to MQTT. */
export interface Arriving {
  /** As the listener saw it. */
  readonly peer: PeerAddress;
  /** Ends the connection and makes `begin` reject; may be called twice. */
  readonly close: () => void;
  /**
   * Leads to MQTT. Calls `name` once a proxy has named the client: the arrival
   * counts for that address from then on.
   */
  readonly begin: (name: (peer: PeerAddress) => void) => Promise<Accepted>;
}

/** One connection before MQTT. */
interface Arrival {
  readonly since: number;
  /** The client, as far as known. */
  peer: PeerAddress;
  /** The reason to end it; null when the broker has none. */
  refused: RefusedError | null;
  readonly close: () => void;
}

/**
 * The connections of one listener before MQTT: in their PROXY header, TLS or
 * WebSocket handshake. Bounds their number and time: a peer that stops there
 * holds neither memory nor the place of others.
 */
export class Arrivals {
  readonly #options: ArrivalOptions;
  readonly #all = new AddressShares<Arrival>();
  #closed = false;

  constructor(options: ArrivalOptions) {
    this.#options = options;
  }

  /** Returns their number. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * Runs `begin` and hands its outcome to `onStream`; never rejects.
   *
   * Without room, the address with the most connections loses one to an address
   * with fewer. An address loses its oldest connection if that had time enough;
   * else the new one is refused: in a rush of honest clients the ones that are
   * nearly done keep their place.
   */
  async take(
    { peer, close, begin }: Arriving,
    onStream: (accepted: Accepted) => void,
  ): Promise<void> {
    const { clock, isProxy, onRefused } = this.#options;
    if (this.#closed) return close();
    const key = isProxy?.(peer) ? null : subscriberOf(peer.hostname);
    if (!this.#hasRoom(key)) {
      close();
      onRefused({ reason: "too-many-handshakes", error: crowded(), peer });
      return;
    }
    const arrival: Arrival = { since: clock.now(), peer, refused: null, close };
    this.#all.add(arrival, key);
    const cancel = this.#limit(arrival);
    try {
      const accepted = await begin((peer) => this.#name(arrival, peer));
      // It may succeed in the moment in which it is given up.
      if (arrival.refused !== null || this.#closed) {
        close();
        throw arrival.refused ?? new Error("the listener is closed");
      }
      this.#leave(arrival, cancel);
      onStream(accepted);
    } catch (error) {
      this.#leave(arrival, cancel);
      close();
      if (this.#closed) return;
      onRefused(refusalOf(arrival.refused ?? error, arrival.peer));
    }
  }

  /** Ends all connections before MQTT, silently, and accepts no others. */
  close(): void {
    this.#closed = true;
    for (const { close } of [...this.#all.members]) close();
  }

  #leave(arrival: Arrival, cancel: Cancel): void {
    cancel();
    this.#all.delete(arrival);
  }

  #name(arrival: Arrival, peer: PeerAddress): void {
    arrival.peer = peer;
    // A connection that was given up counts once.
    if (!this.#all.has(arrival)) return;
    this.#all.delete(arrival);
    this.#all.add(arrival, subscriberOf(peer.hostname));
  }

  #limit(arrival: Arrival): Cancel {
    return this.#options.clock.after(this.#options.handshakeTimeout, () => {
      arrival.refused = new RefusedError(
        "handshake-timeout",
        "the handshake was not complete in time",
      );
      arrival.close();
    });
  }

  /** Returns whether this address has a place; makes one where it may. */
  #hasRoom(key: string | null): boolean {
    const { clock, maxHandshakes } = this.#options;
    if (this.#all.size < maxHandshakes) return true;
    const own = this.#all.of(key);
    const most = this.#all.largest!;
    const held = own?.members.size ?? 0;
    const isOver = most.members.size > held + 1;
    // An address never has more than its fair share at the cost of others.
    const from = !isOver && held === most.members.size ? own! : most;
    const [oldest] = from.members;
    const hadTime = clock.now() - oldest.since >= GRACE;
    if (!hadTime && !isOver) return false;
    this.#giveUp(hadTime ? oldest : newestOf(from));
    return true;
  }

  #giveUp(arrival: Arrival): void {
    arrival.refused = crowded();
    this.#all.delete(arrival);
    arrival.close();
  }
}

function newestOf({ members }: Share<Arrival>): Arrival {
  let newest: Arrival;
  for (const arrival of members) newest = arrival;
  return newest!;
}

function crowded(): RefusedError {
  return new RefusedError(
    "too-many-handshakes",
    "too many handshakes were under way",
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
  // A peer or network that goes away is no fault to warn of.
  const text = error instanceof Error ? error.message : String(error);
  const broken = new RefusedError("broken", text, error);
  return { reason: "broken", error: broken, peer };
}
