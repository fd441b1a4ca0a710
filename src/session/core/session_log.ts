import type { ErrorCode } from "../../errors/mod.ts";
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
  /** The listener. */
  readonly listener: { readonly name: string };
  /** Null before CONNECT is decoded. */
  readonly clientId: string | null;
  /** User name: that of CONNECT until the client is authenticated; or null. */
  readonly username: string | null;
  /** Protocol version; 4 before CONNECT. */
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
  /** The code of the error; missing if it is the fault or the reason. */
  readonly code?: ErrorCode;
}

/** The end of a connection. */
export interface ConnectionEnd extends EndDetail {
  /** The reason, as counted. */
  readonly reason: CloseReason;
  /** Whether its CONNECT had been accepted. */
  readonly wasOpen: boolean;
  /** Reason code of MQTT 5.0, sent or not; null without one. */
  readonly reasonCode: number | null;
  /** The limit that ended it: name of the setting and value; null for none. */
  readonly limit: string | null;
}

/** Events in the life of a client, for the log. */
export interface SessionLog {
  /** Logs an accepted CONNECT; `present`: its session went on. */
  connected(connection: LoggedConnection, present: boolean): void;
  /** Logs the end of a connection, whether its CONNECT was accepted or not. */
  closed(connection: LoggedConnection, end: ConnectionEnd): void;
  /** Logs an error of the broker's own; `result` names its effect. */
  failed(clientId: string | null, error: unknown, result: string): void;
}
