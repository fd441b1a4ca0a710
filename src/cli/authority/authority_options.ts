import type { Clock } from "../../clock/mod.ts";
import type { AuthorityModule, CertificateNames } from "../../security/mod.ts";
import type { Answer } from "../console/answer.ts";

/** Names of the `dunlin ca` and `dunlin cert` commands. */
export type AuthorityCommandName =
  | "ca create"
  | "ca import"
  | "ca export"
  | "ca show"
  | "ca thumbprint"
  | "cert issue"
  | "cert sign"
  | "cert list"
  | "cert show"
  | "cert authorize"
  | "cert revoke"
  | "cert unrevoke"
  | "cert remove"
  | "cert renew";

/** Options of these commands; each takes some of them. */
export interface AuthorityOptions {
  /** Configuration file whose authority is meant. */
  readonly config?: string;
  /** Settings, as `authority.path=/etc/dunlin/authority`. */
  readonly set?: readonly string[];
  /** Folder of the authority; goes before the settings. */
  readonly authority?: string;
  /** Answer in JSON. */
  readonly json?: boolean;
  /** Common name, or name on the list. */
  readonly name?: string;
  /** The operator's words about it. */
  readonly note?: string;
  /** Kind of a new key. */
  readonly keyType?: string;
  /** Days that it is valid. */
  readonly days?: number;
  /** Put an authority in the place of another. */
  readonly replace?: boolean;
  /** File of a private key. */
  readonly key?: string;
  /** File with the password of a private key. */
  readonly passwordFile?: string;
  /** For a server, not for a client. */
  readonly server?: boolean;
  /** Host names. */
  readonly dns?: readonly string[];
  /** IP addresses. */
  readonly ip?: readonly string[];
  /** Mail addresses. */
  readonly email?: readonly string[];
  /** Place for results: a folder, a file, or `-`. */
  readonly out?: string;
  /** Host name of the broker, for the lines to paste. */
  readonly host?: string;
  /** Only those in this state. */
  readonly state?: string;
  /** A new key, too. */
  readonly newKey?: boolean;
  /** Removes a revoked certificate, or replaces an existing file. */
  readonly force?: boolean;
}

/** Parts of such a command. */
export interface AuthorityCall {
  /** The security folder's authority, loaded. */
  readonly library: AuthorityModule;
  /** Folder of the authority. */
  readonly folder: string;
  /** File that lists certificates. */
  readonly list: string;
  /** Port on which the broker speaks TLS. */
  readonly port: number;
  /** The argument of the command; empty without one. */
  readonly argument: string;
  /** Options of the command line. */
  readonly options: AuthorityOptions;
  /** A path as people write it. */
  readonly shown: (path: string) => string;
  /** The time. */
  readonly clock: Clock;
}

/** A `dunlin ca` or `dunlin cert` command. Rejects with what to tell. */
export type AuthorityCommand = (
  call: AuthorityCall,
) => Promise<Answer>;

/** Returns the names that the options give. */
export function namesIn(
  { dns = [], ip = [], email = [] }: AuthorityOptions,
): CertificateNames {
  return { dns, ip, email };
}

/** A client's certificate or one from the authority lives a year unless told. */
export const USUAL_DAYS = 365;
