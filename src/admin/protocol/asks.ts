import type { LogCategory, LogLevel } from "../../config/mod.ts";
import type { HistoryFigures } from "./figures.ts";

/**
 * The questions that the worker asks, by the name of their handler. A handler
 * gets `request`, which the route's schema has checked, and returns `result`.
 */
export interface Asks {
  /** Disconnects a client. */
  readonly "client.kick": {
    readonly request: { readonly clientId: string };
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
  /** Publishes messages in their order; stops at the first that is refused. */
  readonly "publish": {
    readonly request: { readonly messages: readonly PublishRequest[] };
    readonly result: { readonly results: readonly PublishResult[] };
  };
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
