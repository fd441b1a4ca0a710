import type { Settings } from "../config/mod.ts";
import type { Context } from "../session/mod.ts";
import type { ConnectionLog } from "./listeners/connection_log.ts";
import type { Prepared, Reloadable } from "./reload.ts";

/**
 * Events of clients that come and go, on or off: loads them with the first
 * settings that want them.
 */
export class ClientEventsSwitch implements Reloadable {
  readonly #context: Context;
  readonly #connections: ConnectionLog;

  /** `connections` hears of all clients. */
  constructor(context: Context, connections: ConnectionLog) {
    this.#context = context;
    this.#connections = connections;
  }

  /** Turns them on or off. */
  async start(settings: Settings): Promise<void> {
    (await this.prepare(settings)).apply();
  }

  /** Loads them where `settings` want them and they are off. */
  async prepare({ sys }: Settings): Promise<Prepared> {
    const connections = this.#connections;
    if (!sys.client_events) {
      return { apply: () => connections.events = null };
    }
    const { ClientEvents } = await import("./status/client_events.ts");
    return {
      // Events that wait in the present one keep their order.
      apply: () => connections.events ??= new ClientEvents(this.#context),
    };
  }
}
