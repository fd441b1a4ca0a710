import {
  ProtocolError,
  type ProtocolVersion,
  type ReasonCode,
} from "../../mqtt/mod.ts";

/** A CONNECT that was refused by its bytes alone. */
export class ConnectError extends ProtocolError {
  /**
   * The version to answer in. Null when the bytes are not MQTT's at all, or
   * end before they tell: then there is nothing to answer.
   */
  readonly version: ProtocolVersion | null;

  /** See `ProtocolError`. */
  constructor(
    reasonCode: ReasonCode,
    message: string,
    version: ProtocolVersion | null,
  ) {
    super(reasonCode, message);
    this.name = "ConnectError";
    this.version = version;
  }
}
