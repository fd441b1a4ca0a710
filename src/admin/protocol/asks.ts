import type { LogCategory, LogLevel } from "../../config/mod.ts";
import type { HistoryFigures } from "./figures.ts";
import type {
  ClientQuery,
  Continued,
  ExplainRequest,
  GroupName,
  GroupQuery,
  LevelQuery,
  ListQuery,
  SearchQuery,
  SubscriptionQuery,
} from "./list_requests.ts";
import type { PrintedJson } from "./parcel.ts";

/**
 * The questions that the worker asks, by the name of their handler. A handler
 * gets `request`, which the route's schema has checked, and returns `result`.
 */
export interface Asks {
  /** A page of clients. */
  readonly "clients.list": List<ClientQuery>;
  /** All that is known about one client. */
  readonly "clients.show": {
    readonly request: { readonly clientId: string };
    readonly result: object;
  };
  /** Why a client gets no message of a topic. */
  readonly "clients.explain": {
    readonly request: ExplainRequest;
    readonly result: object;
  };
  /** Disconnects a client. */
  readonly "client.kick": {
    readonly request: { readonly clientId: string; readonly reason?: string };
    readonly result: { readonly clientId: string };
  };
  /** The next events of the log. */
  readonly "logs.read": {
    readonly request: LogRequest;
    readonly result: LogPage;
  };
  /** Returns the figures of the last hour. */
  readonly "status.history": {
    readonly request: null;
    readonly result: HistoryFigures;
  };
  /** Begins a message trace; its rows are kept. */
  readonly "traces.start": {
    readonly request: TraceRequest;
    readonly result: TraceFacts;
  };
  /** Lists the traces of the API. */
  readonly "traces.list": {
    readonly request: null;
    readonly result: { readonly traces: readonly TraceFacts[] };
  };
  /** Ends a trace; its rows are still kept. */
  readonly "traces.stop": {
    readonly request: { readonly id: number };
    readonly result: TraceFacts;
  };
  /** Ends a trace, and forgets its rows. */
  readonly "traces.remove": {
    readonly request: { readonly id: number };
    readonly result: { readonly id: number };
  };
  /** The next rows of a trace. */
  readonly "traces.read": {
    readonly request: { readonly id: number; readonly after: number };
    readonly result: TracePage;
  };
  /** Ends the session of a client. */
  readonly "sessions.delete": {
    readonly request: { readonly clientId: string };
    readonly result: { readonly stored: boolean };
  };
  /** A page of subscriptions. */
  readonly "subscriptions.list": List<SubscriptionQuery>;
  /** A page of shared groups. */
  readonly "groups.list": List<GroupQuery>;
  /** A page of the members of a shared group. */
  readonly "groups.members": List<GroupName>;
  /** A page of topic levels with retained messages. */
  readonly "retained.levels": List<LevelQuery>;
  /** Retained messages that match a filter. */
  readonly "retained.search": {
    readonly request: SearchQuery;
    readonly result: PrintedJson;
  };
  /** One retained message. */
  readonly "retained.show": {
    readonly request: { readonly topic: string };
    readonly result: object;
  };
  /** Removes one retained message. */
  readonly "retained.delete": {
    readonly request: { readonly topic: string };
    readonly result: { readonly stored: boolean };
  };
  /** Counts retained messages that match a filter. */
  readonly "retained.count": {
    readonly request: { readonly filter?: string } & Continued;
    readonly result: object;
  };
  /** Removes the retained messages that were counted. */
  readonly "retained.deleteCounted": {
    readonly request: { readonly token?: string } & Continued;
    readonly result: object;
  };
  /** Publishes messages in their order; stops at the first that is refused. */
  readonly "publish": {
    readonly request: { readonly messages: readonly PublishRequest[] };
    readonly result: { readonly results: readonly PublishResult[] };
  };
}

/** The choice of a trace; a field that is left out chooses all packets. */
export interface TraceRequest {
  /** Client id, in which `*` stands for any characters. */
  readonly client?: string;
  /** Topic filter. */
  readonly topic?: string;
  /** IP address or network. */
  readonly address?: string;
  readonly direction?: "in" | "out";
  /** Kinds of packets, as `publish`. */
  readonly packets?: readonly string[];
  /** Duration, 1 to 86,400. @default 600 */
  readonly seconds?: number;
  /** Bytes of each payload, 0 to 4,096. @default 4,096 */
  readonly preview?: number;
}

/** Facts about a trace. */
export interface TraceFacts {
  readonly id: number;
  /** The choice, as it was asked for. */
  readonly asked: TraceRequest;
  /** ms since 1970. */
  readonly startedAt: number;
  /** Its end by itself, in ms since 1970. */
  readonly until: number;
  readonly rows: number;
  /** Rows left out. */
  readonly missing: number;
  /** Why it ended; null while it runs. */
  readonly end: string | null;
}

/** Rows of a trace. */
export interface TracePage {
  /** Lines of JSON, the oldest first; at most 500 and 256 Ki characters. */
  readonly lines: readonly string[];
  /** Number to continue behind. */
  readonly last: number;
  /** Lines behind `after` that are no longer kept. */
  readonly missed: number;
  readonly trace: TraceFacts;
}

/** Selects events of the log. */
export interface LogRequest {
  /** Only events behind this number; 0 for all that are kept. */
  readonly after: number;
  /** The least severe level. */
  readonly level: LogLevel;
  /** Only this category. @default all */
  readonly category?: LogCategory;
}

/** Events of the log. */
export interface LogPage {
  /** At most 500 and 256 Ki characters, the oldest first. */
  readonly rows: readonly LogRow[];
  /** Number to continue behind. */
  readonly last: number;
  /** Events behind `after` that are no longer kept. */
  readonly missed: number;
}

/** One event of the log. */
export interface LogRow {
  /** Counts the events since the page began, from 1. */
  readonly id: number;
  readonly level: LogLevel;
  readonly category: LogCategory;
  /** The event as the log has it in the format JSON. */
  readonly json: string;
}

/** A question for a page of a sorted list. */
interface List<Query> {
  readonly request: Query & ListQuery;
  readonly result: PrintedJson;
}

/** Name of a question. */
export type AskName = keyof Asks;

/** A message to publish. */
export interface PublishRequest {
  readonly topic: string;
  /** Text or Base64, as `encoding` says. */
  readonly payload: string;
  readonly encoding: "text" | "base64";
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly properties?: PublishRequestProperties;
}

/** Properties of MQTT 5.0 (3.3.2.3). */
export interface PublishRequestProperties {
  /** Payload Format Indicator (0x01): whether the payload is UTF-8. */
  readonly payloadFormatIndicator?: 0 | 1;
  /** Message Expiry Interval (0x02), seconds. */
  readonly messageExpiryInterval?: number;
  /** Content Type (0x03). */
  readonly contentType?: string;
  /** Response Topic (0x08). */
  readonly responseTopic?: string;
  /** Correlation Data (0x09), Base64. */
  readonly correlationData?: string;
  /** User Property (0x26): names and values, in this order. */
  readonly userProperties?: readonly (readonly [string, string])[];
}

/** The fate of one message. */
export interface PublishResult {
  readonly topic: string;
  /** Subscriptions that received the message. */
  readonly receivers: number;
}
