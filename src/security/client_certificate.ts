import type { CertificateFacts } from "./certificates/mod.ts";

/** The certificate by which a client came in, here or at a trusted proxy. */
export interface ClientCertificate {
  /** Its content; null when only the proxy has seen it. */
  readonly facts: CertificateFacts | null;
  /** The user name that it gives; null where it is to give none. */
  readonly username: string | null;
}
