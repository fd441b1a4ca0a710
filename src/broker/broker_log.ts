import type { SessionLog } from "../session/mod.ts";

/** What a person may want to know of a running broker. */
export interface BrokerLog extends SessionLog {
  /** Something failed and the broker goes on; `what` says where. */
  trouble(what: string, error: Error): void;
  /** That is over, after `lasted` ms; `what` is as `trouble` was told. */
  recovered(what: string, lasted: number): void;
  /** Something an operator may wait for has come about; `what` says where. */
  notice(what: string, text: string): void;
}

/** A log that nobody reads. */
export const silentLog: BrokerLog = {
  connected() {},
  closed() {},
  failed() {},
  trouble() {},
  recovered() {},
  notice() {},
};
