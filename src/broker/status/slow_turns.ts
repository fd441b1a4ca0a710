import type { Context, SlowTurn } from "../../session/mod.ts";
import type { BrokerLog } from "./broker_log.ts";
import { Throttle } from "./throttle.ts";

/** In a minute, one line for a kind of work and client, 3 for a kind. */
const LIMITS = { ofOne: 1, ofReason: 3 };

/** Client of work that is for none. */
const NONE = "";

/** The connections of a broker. */
interface Clients {
  /** Whether there are any. */
  readonly hasConnections: boolean;
}

/** Counts and logs turns of the event loop in which clients waited. */
export class SlowTurns {
  readonly #context: Context;
  readonly #clients: Clients;
  readonly #log: BrokerLog;
  readonly #throttle: Throttle;

  /** Without connections no client waits. */
  constructor(context: Context, log: BrokerLog, clients: Clients) {
    this.#context = context;
    this.#clients = clients;
    this.#log = log;
    context.watch.onSlow = this.#tell;
    this.#throttle = new Throttle(
      context.clock,
      LIMITS,
      (work, client, count) => {
        const text = "more in the last minute";
        const fields = { work, client: client || undefined, count, text };
        log.event("warn", "slow-turn", fields);
      },
    );
  }

  /** Counts a slow turn, and logs it, unless one like it was logged just now. */
  readonly #tell = ({ ms, work, packets }: SlowTurn): void => {
    if (!this.#clients.hasConnections) return;
    this.#context.counters.slowTurns++;
    const kind = work?.kind ?? "many";
    const clientId = work?.clientId ?? NONE;
    if (!this.#throttle.admits(kind, clientId)) return;
    this.#log.event("warn", "slow-turn", {
      ms,
      work: kind,
      client: clientId || undefined,
      packets,
      text: work === null
        ? "all clients waited; the time went to many short works"
        : "all clients waited; this work began last",
    });
  };

  /** Logs the last counts, and ends the timer. */
  stop(): void {
    this.#throttle.stop();
  }
}
