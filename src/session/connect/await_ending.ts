import { ReasonCode } from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { ClosingError } from "../core/closing_error.ts";

/** Longest that a CONNECT waits for the end of the former session (ms). */
const PATIENCE = 5000;

/** The disk has not taken the end of the former session in time. */
export class StillStored extends ClosingError {
  constructor() {
    super(
      "disk-full",
      ReasonCode.ServerUnavailable,
      "the former session of this client id has ended, and the disk has not " +
        "taken its end; connect again later",
    );
  }
}

/**
 * Keeps `connection`, whose CONNECT is being judged, waiting until `batch` is
 * on disk, and then calls `goOn`. After five seconds the CONNECT is refused
 * with 0x88 Server unavailable (3.x: return code 3). What `goOn` throws ends
 * the connection.
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
    context.passes.begin();
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
