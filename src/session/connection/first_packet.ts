import { ConnectError } from "../../codec/mod.ts";
import type { ErrorCode } from "../../errors/mod.ts";
import { PacketType, ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import {
  type Foreign,
  type PeerFault,
  protocolOf,
} from "../../transport/mod.ts";
import { ClosingError } from "../core/reasons.ts";

/** Reason of a connection that begins with anything else. */
const NOT_CONNECT = "the first packet is not CONNECT";

/** The first bytes are of another protocol, so there is no answer. */
export class ForeignProtocol extends ClosingError {
  /** The protocol that the peer speaks. */
  readonly fault: PeerFault;

  constructor(speaks: Foreign) {
    super("unknown-protocol", ReasonCode.ProtocolError, NOT_CONNECT);
    this.fault = `speaks-${speaks}`;
  }

  /** The code, as the log has it. */
  override get code(): ErrorCode {
    return this.fault;
  }
}

/**
 * Looks at the packet that begins at `start` of `chunk` before a connection is
 * open. Returns false while more bytes have to come before it is certain.
 *
 * @param isOpening Whether CONNECT has not come.
 * @throws {ProtocolError} when the packet may not come yet.
 */
export function expectPacket(
  isOpening: boolean,
  chunk: Uint8Array,
  start: number,
  end: number,
): boolean {
  const type = chunk[start] >> 4;
  if (!isOpening) {
    if (type === PacketType.Auth || type === PacketType.Disconnect) {
      return true;
    }
    throw new ProtocolError( // [MQTT-4.12.0-6]
      ReasonCode.ProtocolError,
      "the client sends a packet other than AUTH before CONNACK",
    );
  }
  const speaks = protocolOf(chunk, start, end);
  if (speaks === "mqtt") return true;
  if (speaks === "part") return false;
  if (speaks !== null) throw new ForeignProtocol(speaks);
  if (type === PacketType.Connect) return true;
  throw new ConnectError( // [MQTT-3.1.0-1]
    ReasonCode.ProtocolError,
    NOT_CONNECT,
    null,
  );
}
