import type { Clock } from "../../clock/mod.ts";
import type { Link } from "../../security/chain/mod.ts";
import type { AskedServer } from "../../security/http/mod.ts";
import type { Hashing, KnownLogins } from "../../security/passwords/mod.ts";
import type { StandIns } from "../../security/scram/mod.ts";
import type { BrokerLog } from "../status/broker_log.ts";

/** Ports of access. */
export interface AccessPorts {
  /** The time. */
  readonly clock: Clock;
  /** Told who is refused. */
  readonly log: BrokerLog;
  /** The store's folder, for what has to last; missing keeps nothing. */
  readonly folder?: string | null;
  /** Threads at most that compare passwords. @default as `Hashing` has it */
  readonly passwordThreads?: number;
}

/** Ports of links. */
export interface LinkPorts extends AccessPorts {
  readonly hashing: Hashing;
  readonly known: KnownLogins;
  /** Shared by the SCRAM links of one state of the settings. */
  readonly standIns: () => Promise<StandIns>;
  /** Files that were complained of; told once, not at each reload. */
  readonly openFiles: Set<string>;
}

/** A link of the chain, and the files it was read from. */
export interface OpenedLink {
  readonly link: Link;
  /** When one of them changes, it has to be opened anew. */
  readonly files: readonly string[];
  /** True if an accepted identity may carry `Identity.grants`. */
  readonly mayGrant: boolean;
  /** A server that is asked what clients may do; missing without one. */
  readonly asked?: AskedServer;
}
