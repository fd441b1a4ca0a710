import type { ProtocolVersion, QoS } from "../mqtt/mod.ts";

/** Longest preview of a payload (bytes). */
export const PREVIEW = 4096;

/** Stands for a password or authentication data. */
export const HIDDEN = "***";

/** A value of a property in a row. */
export type ShownValue = number | string | readonly ShownValue[];

/** One topic filter of a SUBSCRIBE or UNSUBSCRIBE. */
export interface ShownFilter {
  /** With any `$share/group/`, and the mount point. */
  readonly filter: string;
  /** Of a SUBSCRIBE: the QoS asked for. */
  readonly qos?: QoS;
  /** No Local is set. */
  readonly noLocal?: true;
  /** Retain As Published is set. */
  readonly retainAsPublished?: true;
  /** Retain Handling, if not 0. */
  readonly retainHandling?: 1 | 2;
}

/** Payload of a message, or its beginning. */
export interface ShownPayload {
  /** Bytes of the whole payload. */
  readonly payloadLength: number;
  /** The first bytes in base64; missing where the trace asks for none. */
  readonly payload?: string;
}

/** Will of a CONNECT. */
export interface ShownWill extends ShownPayload {
  /** Its topic, with any mount point. */
  readonly topic: string;
  /** Will QoS. */
  readonly qos: QoS;
  /** Will Retain. */
  readonly retain: boolean;
}

/**
 * The content of a packet, without its secrets. Texts are cut at 1,024
 * characters, lists at 20 members.
 */
export interface PacketFacts extends Partial<ShownPayload> {
  /** As `PUBLISH`; `CLOSED` for the end of a connection. */
  readonly packet: string;
  /** Bytes of the whole packet. */
  readonly size?: number;
  /** Packet id, 1 to 65,535. */
  readonly packetId?: number;
  /** Topic of a PUBLISH, with any mount point. */
  topic?: string;
  /** QoS of a PUBLISH. */
  readonly qos?: QoS;
  /** RETAIN of a PUBLISH. */
  readonly retain?: boolean;
  /** DUP of a PUBLISH. */
  readonly dup?: boolean;
  /** Reason code, or return code of CONNACK before MQTT 5.0. */
  readonly code?: number;
  /** Its name. */
  readonly reason?: string;
  /** Names of reason codes of SUBACK and UNSUBACK. */
  readonly codes?: readonly string[];
  /** Filters of a SUBSCRIBE or UNSUBSCRIBE. */
  readonly filters?: readonly ShownFilter[];
  /** Number of filters or codes, where not all are listed. */
  readonly of?: number;
  /** Properties by their names in `Properties`. */
  readonly properties?: Readonly<Record<string, ShownValue>>;
  /** Of a CONNECT, which sets it. */
  readonly version?: ProtocolVersion;
  /** As CONNECT has it; the broker may give another. */
  readonly clientId?: string;
  /** Clean Start, or Clean Session before MQTT 5.0. */
  readonly cleanStart?: boolean;
  /** Keep alive in seconds. */
  readonly keepAlive?: number;
  /** User name. */
  readonly user?: string;
  /** `***` where there is one. */
  readonly password?: string;
  /** Will of a CONNECT. */
  readonly will?: ShownWill;
  /** Session Present of a CONNACK. */
  readonly sessionPresent?: boolean;
  /** Why the packet could not be read. */
  readonly malformed?: string;
  /** Why the connection ended, in more words. */
  readonly detail?: string;
  /** The packet in base64, without secrets, its payload cut. */
  bytes?: string;
}

/** One packet of a trace. */
export interface TraceRow extends PacketFacts {
  /** As ISO 8601 writes it, in ms. */
  readonly time: string;
  /** Number of the connection since the broker's start. */
  readonly connection: number;
  /** Client id; empty before CONNECT. */
  readonly client: string;
  /** Address and port of the client. */
  readonly address: string;
  /** From the client to the broker: in. */
  readonly direction: "in" | "out";
  /** Version of MQTT. */
  readonly version: ProtocolVersion;
}

/** Rows that are missing in a trace, at this place. */
export interface TraceGap {
  /** Rows left out since the line before. */
  readonly missing: number;
  /** rate: over the bound of rows a second; reader: its reader was too slow. */
  readonly why: "rate" | "reader";
}

/** The end of a trace: its last line. */
export interface TraceEnd {
  /** Why it ended. */
  readonly end: "time" | "stopped" | "broker stops" | "failed";
  /** Rows written. */
  readonly rows: number;
  /** Rows left out in all. */
  readonly missing: number;
}

/** A line of a trace. */
export type TraceLine = TraceRow | TraceGap | TraceEnd;
