import type { Clock } from "../../clock/mod.ts";
import {
  authorityFiles,
  machineNames,
  serverIdentity,
} from "../../security/authority/mod.ts";
import {
  type LoadedIdentity,
  readPemCertificate,
} from "../../security/certificates/mod.ts";
import type { IdentitySource } from "./server_keys.ts";

/** The file that makes clients trust an automatic certificate. */
export interface Trust {
  /** The file that they must be given. */
  readonly file: string;
  /** True for the certificate itself, where the authority's key is missing. */
  readonly isSelfSigned: boolean;
}

/** The certificate of listeners that name none: the broker's own makes it. */
export class AutomaticCertificate implements IdentitySource {
  readonly what = "the automatic certificate";
  readonly files: readonly string[];
  readonly #folder: string;
  readonly #hostNames: readonly string[];
  readonly #clock: Clock;
  /** Known once it has been loaded. */
  trust: Trust | null = null;

  /** `folder` of the authority; `hostNames` beside those of the machine. */
  constructor(folder: string, hostNames: readonly string[], clock: Clock) {
    this.#folder = folder;
    this.#hostNames = hostNames;
    this.#clock = clock;
    const { certificate, key, serverCertificate } = authorityFiles(folder);
    this.files = [certificate, key, serverCertificate];
  }

  /** Makes it where it is missing, too old, or lacks a name. */
  async load(): Promise<LoadedIdentity> {
    const names = machineNames(this.#hostNames);
    const { cert, key, issuer, trustFile } = await serverIdentity(
      this.#folder,
      names,
      this.#clock,
    );
    this.trust = { file: trustFile, isSelfSigned: issuer === "itself" };
    return { cert, key, facts: readPemCertificate(cert) };
  }
}
