import type { Broker } from "../../broker/mod.ts";
import type { LogEvent } from "../log/event_log.ts";
import type { Signals } from "./signals.ts";

/**
 * Answers the signals that ask a running broker for something: SIGUSR1 writes
 * all changes to the disk, SIGUSR2 logs its state. A second signal during a stop
 * logs the changes that are lost; `drain` resolves when the log is written.
 */
export function answerSignals(
  signals: Signals,
  broker: Broker,
  log: LogEvent,
  drain: () => Promise<void>,
): void {
  signals.take("save", async (signal) => {
    const changes = broker.unwritten;
    await broker.save();
    log("info", "saved", { signal, changes });
  });
  signals.beforeExit(async (signal) => {
    log("warn", "stop-cut-short", { signal, unwritten: broker.unwritten });
    await drain();
  });
  signals.take("report", (signal) => {
    const memory = Deno.memoryUsage().rss;
    log("info", "state", { signal, ...broker.state, memory });
  });
}
