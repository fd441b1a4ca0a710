import { connect, type Socket } from "node:net";
import type { Cancel, Clock } from "../../clock/mod.ts";
import type { PeerAddress } from "../streams/byte_stream.ts";

/** Between two looks at whether a listener still accepts (ms). */
const BEAT = 10_000;

/** How long a connection of our own may wait to be accepted (ms). */
const PATIENCE = 2_000;

/** What a pulse works with. */
export interface PulseOptions {
  readonly clock: Clock;
  /** Where the listener listens, with its real port. */
  readonly address: PeerAddress;
  /** Takes a connection that is none of ours. */
  readonly take: (socket: Socket) => void;
  /** Called when the listener accepts nobody; the next look comes behind it. */
  readonly revive: () => Promise<void>;
}

/**
 * Sees to it that a listener of Node's goes on accepting. When the process has
 * run out of file descriptors the runtime gives up accepting for ever, and
 * tells nobody. So, when nobody has come for a while, we connect ourselves.
 */
export class Pulse {
  readonly #options: PulseOptions;
  #accepted = 0;
  #seen = -1;
  #next: Cancel | null = null;
  #closed = false;
  #knock: Socket | null = null;
  /** Came while it is not known yet which of them is our own. */
  #held: Socket[] | null = null;
  /** Called when somebody was accepted. */
  #alive: () => void = () => {};

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#await();
  }

  /** Somebody was accepted: hands `socket` on, unless it is our own. */
  accepted(socket: Socket): void {
    this.#accepted++;
    if (this.#held === null) return this.#sort(socket);
    this.#held.push(socket);
    this.#alive();
  }

  /** Ends it. */
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

  /** True as well when that cannot be found out. */
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

/** An address that leads to a listener on `bind`. */
function reachable(bind: string): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  return bind === "::" ? "::1" : bind;
}
