import { connect, type Socket } from "node:net";
import type { Cancel, Clock } from "../../clock/mod.ts";
import type { PeerAddress } from "../streams/byte_stream.ts";

/** Interval of the checks whether a listener still accepts (ms). */
const BEAT = 10_000;

/** Longest that a knocking connection may wait to be accepted (ms). */
const PATIENCE = 2_000;

/** Parts that a pulse uses. */
export interface PulseOptions {
  readonly clock: Clock;
  /** Address of the listener, with its real port. */
  readonly address: PeerAddress;
  /** Takes the connection of a client. */
  readonly take: (socket: Socket) => void;
  /** Called when the listener accepts no connections; the next check follows. */
  readonly revive: () => Promise<void>;
}

/**
 * Checks that a listener of Node's still accepts. When the process has run out
 * of file descriptors, the runtime stops accepting for ever, without an event.
 * So the pulse connects to the listener when no client has for a while.
 */
export class Pulse {
  readonly #options: PulseOptions;
  #accepted = 0;
  #seen = -1;
  #next: Cancel | null = null;
  #closed = false;
  #knock: Socket | null = null;
  /** Connections that came while the knocking one is unknown. */
  #held: Socket[] | null = null;
  /** Called when a connection is accepted. */
  #alive: () => void = () => {};

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#await();
  }

  /** Hands an accepted `socket` on, unless it is the knocking one. */
  accepted(socket: Socket): void {
    this.#accepted++;
    if (this.#held === null) return this.#sort(socket);
    this.#held.push(socket);
    this.#alive();
  }

  /** Ends the checks. */
  close(): void {
    this.#closed = true;
    this.#next?.();
    this.#knock?.destroy();
    this.#alive();
  }

  #await(): void {
    if (this.#closed) return;
    this.#next = this.#options.clock.after(BEAT, () => void this.#look());
  }

  async #look(): Promise<void> {
    const isIdle = this.#accepted === this.#seen;
    if (isIdle && !await this.#isAccepting() && !this.#closed) {
      await this.#options.revive();
    }
    this.#seen = this.#accepted;
    this.#await();
  }

  /** Returns true also when it cannot find out. */
  async #isAccepting(): Promise<boolean> {
    const { address: { hostname, port }, clock } = this.#options;
    const before = this.#accepted;
    const knock = connect({ host: reachable(hostname), port });
    this.#knock = knock;
    this.#held = [];
    const isConnected = await new Promise<boolean>((resolve) => {
      knock.once("connect", () => resolve(true));
      knock.once("error", () => resolve(false));
      knock.once("close", () => resolve(false));
    });
    if (isConnected && this.#accepted === before && !this.#closed) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(PATIENCE, resolve);
        this.#alive = () => {
          cancel();
          resolve();
        };
      });
      this.#alive = () => {};
    }
    const held = this.#held;
    this.#held = null;
    for (const socket of held) this.#sort(socket);
    knock.destroy();
    return !isConnected || this.#accepted > before;
  }

  #sort(socket: Socket): void {
    const isOurs = socket.remotePort !== undefined &&
      socket.remotePort === this.#knock?.localPort &&
      socket.remoteAddress === this.#knock.localAddress;
    if (isOurs) socket.destroy();
    else this.#options.take(socket);
  }
}

/** Returns an address that reaches a listener on `bind`. */
function reachable(bind: string): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  return bind === "::" ? "::1" : bind;
}
