import type { LogLevel } from "../../config/mod.ts";
import type { ErrorCode } from "../../errors/mod.ts";
import type { SessionLog } from "../../session/mod.ts";

/** Fields of an event by name, in their written order. */
export type EventFields = Readonly<
  Record<string, string | number | null | undefined>
>;

/** The log of a running broker, for its operator. */
export interface BrokerLog extends Pick<SessionLog, "failed"> {
  /** Returns whether events of this level are written. */
  logs(level: LogLevel): boolean;
  /** Logs an event; omits fields that are undefined. */
  event(level: LogLevel, event: string, fields: EventFields): void;
  /** Something failed and the broker goes on; `what` says where. */
  trouble(what: string, error: Error, code: ErrorCode): void;
  /** A trouble is over after `lasted` ms; `what` is that of `trouble`. */
  recovered(what: string, lasted: number): void;
  /** Logs an event that an operator may wait for; `what` says where. */
  notice(what: string, text: string): void;
}

/** A log that discards everything. */
export const silentLog: BrokerLog = {
  logs: () => false,
  event() {},
  failed() {},
  trouble() {},
  recovered() {},
  notice() {},
};
