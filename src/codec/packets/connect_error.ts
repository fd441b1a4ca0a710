import {
  ProtocolError,
  type ProtocolVersion,
  type ReasonCode,
} from "../../mqtt/mod.ts";

/** A CONNECT that is refused because of its bytes alone. */
export class ConnectError extends ProtocolError {
  /**
   * The version of the answer. Null for no answer: the bytes are not MQTT, or
   * do not reach the version.
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
