import type { CertificateFacts } from "./certificates/mod.ts";

/** The certificate by which a client came in. */
export interface ClientCertificate {
  /** What it says. */
  readonly facts: CertificateFacts;
  /** The user name that it gives; null where it is to give none. */
  readonly username: string | null;
}
