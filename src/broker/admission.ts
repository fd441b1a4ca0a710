import type { LimitSettings, ListenerSettings } from "../config/mod.ts";

/** Counts connections, and says whether one more may come in. */
export class Admission {
  readonly #limits: LimitSettings;
  readonly #byAddress = new Map<string, number>();
  readonly #byListener = new Map<string, number>();
  /** Connections now. */
  count = 0;
  /** The limit that the last refusal met: name of the setting and value. */
  limit = "";

  constructor(limits: LimitSettings) {
    this.#limits = limits;
  }

  /** Counts the connection in; false when a limit is reached. */
  enter(hostname: string, listener: ListenerSettings): boolean {
    const { max_connections, max_connections_per_address } = this.#limits;
    const here = this.#byListener.get(listener.name) ?? 0;
    if (isReached(max_connections, this.count)) {
      return this.#refuse("limits.max_connections", max_connections);
    }
    if (isReached(listener.max_connections, here)) {
      const name = `max_connections of listener ${listener.name}`;
      return this.#refuse(name, listener.max_connections);
    }
    // Peers of a socket file have no address that they could share.
    if (max_connections_per_address > 0 && listener.type !== "unix") {
      const same = this.#byAddress.get(hostname) ?? 0;
      if (same >= max_connections_per_address) {
        const name = "limits.max_connections_per_address";
        return this.#refuse(name, max_connections_per_address);
      }
      this.#byAddress.set(hostname, same + 1);
    }
    this.#byListener.set(listener.name, here + 1);
    this.count++;
    return true;
  }

  #refuse(name: string, value: number): false {
    this.limit = `${name} is ${value}`;
    return false;
  }

  /** Counts a connection out that was let in. */
  leave(hostname: string, listener: ListenerSettings): void {
    this.count--;
    const here = this.#byListener.get(listener.name) ?? 1;
    this.#byListener.set(listener.name, here - 1);
    const same = this.#byAddress.get(hostname);
    if (same === undefined) return;
    if (same > 1) this.#byAddress.set(hostname, same - 1);
    else this.#byAddress.delete(hostname);
  }
}

/** 0 sets no bound. */
function isReached(limit: number, count: number): boolean {
  return limit > 0 && count >= limit;
}
