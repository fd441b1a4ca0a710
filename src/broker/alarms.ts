import { encodeUtf8, Message } from "../mqtt/mod.ts";
import type { Router } from "../router/mod.ts";
import type { BrokerLog } from "./broker.ts";

/** What an operator has to look after. */
export type AlarmName = "storage" | "disk" | "snapshot";

/**
 * Alarms that are raised: in the log, and retained under
 * `$SYS/broker/alarm/<name>` until they are cleared.
 */
export class Alarms {
  readonly #router: Router;
  readonly #log: BrokerLog;

  /** `log` must not throw. */
  constructor(router: Router, log: BrokerLog) {
    this.#router = router;
    this.#log = log;
  }

  /** Raises `name`, or changes its text. */
  raise(name: AlarmName, text: string): void {
    this.#log.trouble(name, new Error(text));
    this.#publish(name, text);
  }

  /** Clears `name`. */
  clear(name: AlarmName): void {
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
