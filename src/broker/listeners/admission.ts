import type { LimitSettings, ListenerSettings } from "../../config/mod.ts";
import { broken } from "../../errors/mod.ts";
import { subscriberOf } from "../../network/mod.ts";

/** Connections that came by one listener, whatever it is called by now. */
interface Count {
  now: number;
}

/** That a connection is counted in, until it leaves. */
export interface Entry {
  /** The peer's IPv4 address, or the network of its IPv6 address. */
  readonly subscriber: string;
  /** Of its listener. */
  readonly count: Count;
  /** False for peers of a socket file, which have no address. */
  readonly hasAddress: boolean;
}

/** Counts connections, and says whether one more may come in. */
export class Admission {
  /** Lower limits end no connection. */
  limits: LimitSettings;
  readonly #byAddress = new Map<string, number>();
  #byListener = new Map<string, Count>();
  /** Connections now. */
  count = 0;
  /** The limit that the last refusal met: name of the setting and value. */
  limit = "";

  /** Counts no connection yet. */
  constructor(limits: LimitSettings) {
    this.limits = limits;
  }

  /** Counts the connection in; null when a limit is reached. */
  enter(hostname: string, listener: ListenerSettings): Entry | null {
    const { max_connections, max_connections_per_address } = this.limits;
    const count = this.#countOf(listener.name);
    if (isReached(max_connections, this.count)) {
      return this.#refuse("limits.max_connections", max_connections);
    }
    if (isReached(listener.max_connections, count.now)) {
      const name = `max_connections of listener ${listener.name}`;
      return this.#refuse(name, listener.max_connections);
    }
    const subscriber = subscriberOf(hostname);
    const hasAddress = listener.type !== "unix";
    if (hasAddress) {
      // Also where there is no bound: there may be one soon.
      const same = this.#byAddress.get(subscriber) ?? 0;
      if (isReached(max_connections_per_address, same)) {
        const name = "limits.max_connections_per_address";
        return this.#refuse(name, max_connections_per_address);
      }
      this.#byAddress.set(subscriber, same + 1);
    }
    count.now++;
    this.count++;
    return { subscriber, count, hasAddress };
  }

  /** Returns the number of connections now that came by the listener `name`. */
  countOf(name: string): number {
    return this.#byListener.get(name)?.now ?? 0;
  }

  #countOf(name: string): Count {
    let count = this.#byListener.get(name);
    if (count === undefined) {
      count = { now: 0 };
      this.#byListener.set(name, count);
    }
    return count;
  }

  #refuse(name: string, value: number): null {
    this.limit = `${name} is ${value}`;
    return null;
  }

  /** Removes an admitted connection from the counts. */
  leave({ subscriber, count, hasAddress }: Entry): void {
    if (--this.count < 0) this.count = broken("connections", this.count);
    if (--count.now < 0) count.now = broken("connections", count.now);
    if (!hasAddress) return;
    const same = this.#byAddress.get(subscriber) ?? 1;
    if (same > 1) this.#byAddress.set(subscriber, same - 1);
    else this.#byAddress.delete(subscriber);
  }

  /** Renames listeners; drops the counts of those that are not named. */
  rename(names: Iterable<readonly [before: string, now: string]>): void {
    const renamed = new Map<string, Count>();
    for (const [before, now] of names) renamed.set(now, this.#countOf(before));
    this.#byListener = renamed;
  }
}

/** 0 sets no bound. */
function isReached(limit: number, count: number): boolean {
  return limit > 0 && count >= limit;
}
