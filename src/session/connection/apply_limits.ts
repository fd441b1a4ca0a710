import type { Connection } from "./connection.ts";
import { MOST_IN_FLIGHT } from "../session/inflight_window.ts";
import { applyRate } from "./rate_pause.ts";

/**
 * Sets the limits of a connection that CONNACK does not promise: messages in
 * flight, unread bytes, and the rate of PUBLISH. Called at CONNECT, and again
 * after each reload.
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
  // Messages that waited for the window may be sent now.
  if (sender.sendMaximum > before) connection.session?.queue.drain();
  applyRate(connection);
}
