import type { LogCategory, LogLevel } from "../../config/mod.ts";
import type { ErrorCode } from "../../errors/mod.ts";
import type { SessionLog } from "../../session/mod.ts";

/** Fields of an event by name, in their written order. */
export type EventFields = Readonly<
  Record<string, string | number | null | undefined>
>;

/** An event that was logged, for a reader beside the log itself. */
export interface LoggedEvent {
  /** In ms since 1970. */
  readonly time: number;
  /** Its severity. */
  readonly level: LogLevel;
  /** Its subject. */
  readonly category: LogCategory;
  /** Its name. */
  readonly event: string;
  /** The whole event as one JSON object, without a line end. */
  readonly json: string;
}

/** Receives each logged event. Must neither throw nor log. */
export type OnLogged = (event: LoggedEvent) => void;

/** The log of a running broker, for its operator. */
export interface BrokerLog extends Pick<SessionLog, "failed"> {
  /** Returns whether events of this level and category are written. */
  logs(level: LogLevel, category: LogCategory): boolean;
  /** Logs an event; omits fields that are undefined. */
  event(level: LogLevel, event: string, fields: EventFields): void;
  /** Something failed and the broker goes on; `where` names the part. */
  trouble(
    where: string,
    error: Error,
    code: ErrorCode,
    category: LogCategory,
  ): void;
  /** A trouble is over after `lasted` ms; `where` is that of `trouble`. */
  recovered(where: string, lasted: number, category: LogCategory): void;
  /** Hands each event to `onLogged` too, in place of an earlier one; null ends. */
  tap(onLogged: OnLogged | null): void;
}

/** A log that discards everything. */
export const silentLog: BrokerLog = {
  logs: () => false,
  event() {},
  failed() {},
  trouble() {},
  recovered() {},
  tap() {},
};
