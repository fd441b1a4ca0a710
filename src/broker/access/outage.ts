import type { Clock } from "../../clock/mod.ts";
import { codeOf } from "../../errors/mod.ts";
import type { BrokerLog } from "../status/broker_log.ts";

/** Receives faults of something outside, and their ends. */
export interface Outage {
  onTrouble(error: Error): void;
  onRecovered(): void;
}

/** Tells the log of it; `what` is the part that fails. */
export function outageOf(what: string, clock: Clock, log: BrokerLog): Outage {
  let since = 0;
  return {
    onTrouble(error) {
      since = clock.now();
      log.trouble(what, error, codeOf(error, "web-server-failing"), "access");
    },
    onRecovered: () => log.recovered(what, clock.now() - since, "access"),
  };
}
