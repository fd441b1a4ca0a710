import type { LimitSettings, ListenerSettings } from "../config/mod.ts";

/** Counts connections, and says whether one more may come in. */
export class Admission {
  readonly #limits: LimitSettings;
  readonly #byAddress = new Map<string, number>();
  readonly #byListener = new Map<string, number>();
  /** Connections now. */
  count = 0;

  constructor(limits: LimitSettings) {
    this.#limits = limits;
  }

  /** Counts the connection in; false when a limit is reached. */
  enter(hostname: string, listener: ListenerSettings): boolean {
    const { max_connections, max_connections_per_address } = this.#limits;
    const here = this.#byListener.get(listener.name) ?? 0;
    if (
      isReached(max_connections, this.count) ||
      isReached(listener.max_connections, here)
    ) return false;
    if (max_connections_per_address > 0) {
      const same = this.#byAddress.get(hostname) ?? 0;
      if (same >= max_connections_per_address) return false;
      this.#byAddress.set(hostname, same + 1);
    }
    this.#byListener.set(listener.name, here + 1);
    this.count++;
    return true;
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
