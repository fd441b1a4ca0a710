import type { ProtocolVersion } from "../../mqtt/mod.ts";
import type { PeerFault } from "../../transport/mod.ts";
import type { CloseReason } from "./reasons.ts";

/** Fields of a log line about a connection. */
export interface LoggedConnection {
  /** Counts the connections since the broker's start, from 1. */
  readonly id: number;
  /** The peer's IP address. */
  readonly hostname: string;
  /** The peer's TCP port; 0 where there is none. */
  readonly port: number;
  /** Where it came in. */
  readonly listener: { readonly name: string };
  /** Null until CONNECT was decoded. */
  readonly clientId: string | null;
  /** As CONNECT says, until the client is authenticated; null without one. */
  readonly username: string | null;
  /** Of MQTT: 3, 4 or 5; 4 until CONNECT has come. */
  readonly version: ProtocolVersion;
  /** Keep alive in ms times 1.5; 0 for none. */
  readonly patience: number;
}

/** Details that only the code ending a connection knows. */
export interface EndDetail {
  /** The cause in words; missing if the reason is enough. */
  readonly detail?: string | null;
  /** A mistake of the peer that its operator can correct. */
  readonly fault?: PeerFault | null;
}

/** How a connection ended. */
export interface ConnectionEnd extends EndDetail {
  /** As it is counted. */
  readonly reason: CloseReason;
  /** Whether its CONNECT had been accepted. */
  readonly wasOpen: boolean;
  /** As MQTT 5.0 has it for the end, sent or not; null without one. */
  readonly code: number | null;
  /** The limit that it met: name of the setting and value; null for none. */
  readonly limit: string | null;
}

/** Events in the life of a client, for the log. */
export interface SessionLog {
  /** A CONNECT was accepted; `present` tells whether its session went on. */
  connected(connection: LoggedConnection, present: boolean): void;
  /** A connection ended, whether its CONNECT was accepted or not. */
  closed(connection: LoggedConnection, end: ConnectionEnd): void;
  /** An error of the broker's own; `result` says what came of it. */
  failed(clientId: string | null, error: unknown, result: string): void;
}
