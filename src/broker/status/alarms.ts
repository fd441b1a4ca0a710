import type { Clock } from "../../clock/mod.ts";
import type { LogCategory } from "../../config/mod.ts";
import { encodeUtf8, Message } from "../../mqtt/mod.ts";
import type { Router } from "../../router/mod.ts";
import type { AlarmFigures } from "../../admin/protocol/mod.ts";
import type { OwnRetained } from "../figures/figures.ts";
import type { BrokerLog } from "./broker_log.ts";

/** Names of alarms, each a matter for the operator. */
export type AlarmName =
  | "storage"
  | "disk"
  | "snapshot"
  | "damage"
  | "wal"
  | "write-budget"
  | "certificates"
  | "certificate-list";

/**
 * Alarms that are raised: in the log, and retained under
 * `$SYS/broker/alarm/<name>` until they are cleared.
 */
export class Alarms {
  readonly #router: Router;
  readonly #log: BrokerLog;
  readonly #clock: Clock;
  readonly #own: OwnRetained;
  /** The raised alarms, each with the time of its beginning in ms. */
  readonly #raised = new Map<AlarmName, { since: number; text: string }>();

  /** `log` must not throw. Counts what it retains in `own`. */
  constructor(
    router: Router,
    log: BrokerLog,
    clock: Clock,
    own: OwnRetained = { messages: 0, bytes: 0 },
  ) {
    this.#own = own;
    this.#router = router;
    this.#log = log;
    this.#clock = clock;
  }

  /** Raises `name`, or changes its text. */
  raise(name: AlarmName, text: string): void {
    const since = this.#raised.get(name)?.since ?? this.#clock.now();
    this.#raised.set(name, { since, text });
    const error = new Error(text);
    this.#log.trouble(name, error, `alarm-${name}`, categoryOf(name));
    this.#publish(name, text);
  }

  /** Clears `name`, if it is raised. */
  clear(name: AlarmName): void {
    const raised = this.#raised.get(name);
    if (raised === undefined) return;
    this.#raised.delete(name);
    const lasted = this.#clock.now() - raised.since;
    this.#log.recovered(name, lasted, categoryOf(name));
    this.#publish(name, "");
  }

  /** The raised alarms, the oldest first; `since` in ms since 1970. */
  get raised(): AlarmFigures[] {
    const ahead = this.#clock.date() - this.#clock.now();
    return Array.from(
      this.#raised,
      ([name, { since, text }]) => ({ name, text, since: since + ahead }),
    );
  }

  /** An empty text removes what is retained [MQTT-3.3.1-6]. */
  #publish(name: AlarmName, text: string): void {
    const topic = this.#router.topicOf(`$SYS/broker/alarm/${name}`);
    const payload = encodeUtf8(text);
    const message = new Message(topic, payload, 0, payload.length);
    message.retain = true;
    const { retained } = this.#router;
    const { messages, bytes } = retained;
    this.#router.publish(topic, message, null);
    this.#own.messages += retained.messages - messages;
    this.#own.bytes += retained.bytes - bytes;
  }
}

function categoryOf(name: AlarmName): LogCategory {
  return name === "certificates" || name === "certificate-list"
    ? "certificates"
    : "storage";
}
