import type { Connection } from "./connection.ts";
import { MOST_IN_FLIGHT } from "../session/inflight_window.ts";
import { applyRate } from "./rate_pause.ts";

/**
 * Sets what the settings bound for a connection and nobody has promised it: how
 * much may be on its way to its client, and how fast that may publish. At
 * CONNECT, and again whenever the settings have changed.
 */
export function applyLimits(connection: Connection): void {
  const { sender, context } = connection;
  const { options } = context;
  const before = sender.sendMaximum;
  sender.sendMaximum = Math.min(
    options.maxInflight,
    sender.receiveMaximum,
    MOST_IN_FLIGHT,
  );
  sender.outbox.maximum = options.maxOutbound;
  // What waited for room in the window may go out now.
  if (sender.sendMaximum > before) connection.session?.queue.drain();
  applyRate(connection);
}
