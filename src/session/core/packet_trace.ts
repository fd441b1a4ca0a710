import type { Frame, PublishHead } from "../../codec/mod.ts";
import type { Message, ProtocolVersion } from "../../mqtt/mod.ts";
import type { CloseReason } from "./reasons.ts";

/**
 * Sees the packets of one connection. Its methods never throw, and keep neither
 * bytes nor packets: both are valid for the call alone.
 */
export interface PacketTrace {
  /** The client's packet that `frame` found in `chunk`, before it is handled. */
  received(chunk: Uint8Array, frame: Frame): void;
  /** The packet seen last has to wait: the same bytes come again. */
  postponed(): void;
  /** A packet for the client: `bytes` from `start` up to `end`. */
  sent(bytes: Uint8Array, start: number, end: number): void;
  /** A PUBLISH for the client, of `size` bytes. */
  sentPublish(head: PublishHead, message: Message, size: number): void;
  /** The connection ends. */
  closed(why: CloseReason, detail: string | null | undefined): void;
}

/** A connection, as far as a trace needs one. */
export interface TracedConnection {
  /** Counts the connections since the broker's start, from 1. */
  readonly id: number;
  /** The peer's IP address. */
  readonly hostname: string;
  /** The peer's TCP port; 0 where there is none. */
  readonly port: number;
  /** Null before CONNECT is decoded. */
  readonly clientId: string | null;
  /** The protocol version; 4 before CONNECT. */
  readonly version: ProtocolVersion;
  /** As `Connection.state`. */
  readonly state:
    | "opening"
    | "authenticating"
    | "open"
    | "closing"
    | "closed";
  /** The prefix of all topics of its client, or null. */
  readonly mountPoint: { readonly text: string } | null;
  /** Topics by the aliases of the client. */
  readonly aliasesIn: readonly ({ readonly text: string } | undefined)[] | null;
  /** Sees its packets; null for none. */
  trace: PacketTrace | null;
}

/** Chooses connections whose packets are traced. */
export interface Tracing {
  /** A new connection, which has said nothing yet. */
  opened(connection: TracedConnection): void;
}
