import type { LogLevel } from "../../config/mod.ts";
import type { SessionLog } from "../../session/mod.ts";

/** Fields of an event by name, in their written order. */
export type EventFields = Readonly<
  Record<string, string | number | null | undefined>
>;

/** The log of a running broker, for its operator. */
export interface BrokerLog extends Pick<SessionLog, "failed"> {
  /** Returns whether events of this level are written. */
  logs(level: LogLevel): boolean;
  /** Something happened; fields that are undefined are left out. */
  event(level: LogLevel, event: string, fields: EventFields): void;
  /** Something failed and the broker goes on; `what` says where. */
  trouble(what: string, error: Error): void;
  /** That is over, after `lasted` ms; `what` is as `trouble` was told. */
  recovered(what: string, lasted: number): void;
  /** Something an operator may wait for has come about; `what` says where. */
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
