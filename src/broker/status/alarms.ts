import type { Clock } from "../../clock/mod.ts";
import type { LogCategory } from "../../config/mod.ts";
import { encodeUtf8, Message } from "../../mqtt/mod.ts";
import type { Router } from "../../router/mod.ts";
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
  /** When those that are raised began, ms. */
  readonly #since = new Map<AlarmName, number>();

  /** `log` must not throw. */
  constructor(router: Router, log: BrokerLog, clock: Clock) {
    this.#router = router;
    this.#log = log;
    this.#clock = clock;
  }

  /** Raises `name`, or changes its text. */
  raise(name: AlarmName, text: string): void {
    if (!this.#since.has(name)) this.#since.set(name, this.#clock.now());
    const error = new Error(text);
    this.#log.trouble(name, error, `alarm-${name}`, categoryOf(name));
    this.#publish(name, text);
  }

  /** Clears `name`, if it is raised. */
  clear(name: AlarmName): void {
    const since = this.#since.get(name);
    if (since === undefined) return;
    this.#since.delete(name);
    this.#log.recovered(name, this.#clock.now() - since, categoryOf(name));
    this.#publish(name, "");
  }

  /** An empty text removes what is retained [MQTT-3.3.1-6]. */
  #publish(name: AlarmName, text: string): void {
    const topic = this.#router.topicOf(`$SYS/broker/alarm/${name}`);
    const payload = encodeUtf8(text);
    const message = new Message(topic, payload, 0, payload.length);
    message.retain = true;
    this.#router.publish(topic, message, null);
  }
}

function categoryOf(name: AlarmName): LogCategory {
  return name === "certificates" || name === "certificate-list"
    ? "certificates"
    : "storage";
}
