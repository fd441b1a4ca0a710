import type { Settings } from "../../config/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import type { Registry } from "../../session/mod.ts";
import type { KeptFigures } from "../figures/kept_figures.ts";
import type { StartedListener } from "../listeners/started_listener.ts";
import type { BrokerLog } from "../status/broker_log.ts";
import type { Traces } from "../trace/traces.ts";
import type { LogTail } from "../status/log_tail.ts";
import type { OnEnd } from "../listeners/connection_log.ts";
import type { Lists } from "../lists/lists.ts";

/** The parts of the broker that the admin page shows and changes. */
export interface AdminParts {
  readonly registry: Registry;
  /** The settings in force. */
  readonly settings: () => Settings;
  /** Keeps the history of the figures while the page is on. */
  readonly figures: KeptFigures;
  /** The listeners that are open now. */
  readonly listeners: () => readonly StartedListener[];
  /** Loads the message traces. */
  readonly traces: () => Promise<Traces>;
  readonly clock: Clock;
  readonly log: BrokerLog;
  /** `onEnd` receives the ends of accepted connections. */
  readonly connections: { onEnd: OnEnd | null };
}

/** The parts that a handler of questions may use. */
export interface HandlerParts extends AdminParts {
  /** The last events of the log. */
  readonly logTail: LogTail;
  /**
   * Sends something to the readers of a channel of `GET /api/v1/events`; nothing
   * where none reads it. `body` becomes JSON.
   */
  readonly push: (channel: string, body: unknown) => void;
  /** Returns whether an event stream reads the channel. */
  readonly isRead: (channel: string) => boolean;
  /** Loads the lists of clients, subscriptions and retained messages. */
  readonly lists: () => Promise<Lists>;
}
