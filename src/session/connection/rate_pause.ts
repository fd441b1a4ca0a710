import type { Connection } from "./connection.ts";
import { PublishRate } from "./publish_rate.ts";

/**
 * Pauses the reader until the rate of `connection`, which has one, allows its
 * next PUBLISH. Returns false: the same bytes come again. Only an early PUBLISH
 * pauses the reader, so a client without further messages can leave.
 */
export function waitForRate(connection: Connection): false {
  const { context, pump } = connection;
  const { readyAt } = connection.rate!;
  pump.pause("rate");
  connection.ratePause = context.clock.after(
    readyAt - context.turn.now,
    () => {
      connection.ratePause = null;
      pump.resume("rate");
    },
  );
  return false;
}

/**
 * Sets the rate of `connection` by the settings. Unchanged settings leave the
 * present rate and its pause; other settings begin anew, and end the pause.
 */
export function applyRate(connection: Connection): void {
  const { context, rate, pump } = connection;
  const { publishRate, publishBytesRate } = context.options;
  const isSame = publishRate === (rate?.messages ?? 0) &&
    publishBytesRate === (rate?.bytes ?? 0);
  if (isSame) return;
  connection.rate = publishRate > 0 || publishBytesRate > 0
    ? new PublishRate(publishRate, publishBytesRate, context.turn.now)
    : null;
  connection.ratePause?.();
  connection.ratePause = null;
  pump.resume("rate");
}
