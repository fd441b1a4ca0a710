import { ReasonCode } from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { ClosingError } from "../core/reasons.ts";

/** Longest that a CONNECT waits for the end of the former session (ms). */
const PATIENCE = 5000;

/** The end of the former session is not on disk in time. */
export class StillStored extends ClosingError {
  constructor() {
    super(
      "disk-full",
      ReasonCode.ServerUnavailable,
      "the former session of this client id has ended, and its end is not yet " +
        "on disk; connect again later",
    );
  }
}

/**
 * Has `connection`, whose CONNECT is being judged, wait until `batch` is on disk,
 * and then calls `goOn`. Refuses the CONNECT after five seconds with 0x88 Server
 * unavailable (3.x: return code 3). An error of `goOn` ends the connection.
 */
export function awaitEnding(
  connection: Connection,
  batch: number,
  goOn: () => void,
): void {
  const { context, pump } = connection;
  const { durability } = context;
  const settle = (step: () => void) => {
    connection.stopWaiting?.();
    context.turn.begin(connection);
    try {
      step();
    } catch (error) {
      connection.fail(error);
    }
    pump.resume("session-ending");
  };
  const ended = () => settle(goOn);
  const cancel = context.clock.after(PATIENCE, () =>
    settle(() => {
      throw new StillStored();
    }));
  connection.stopWaiting = () => {
    cancel();
    durability.forget(ended);
    connection.stopWaiting = null;
  };
  // In place of "authenticating", a pause that ends with the present call.
  pump.pauseInstead("session-ending");
  durability.onStored(batch, ended);
  durability.writeSoon();
}
