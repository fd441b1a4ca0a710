import { CodedError } from "../../../errors/mod.ts";

/** A file of a certificate, a key or a revocation list cannot be used. */
export class CertificateError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "certificate-invalid";
  /** `path` of the file; what is `wrong` with it, and what to do. */
  constructor(path: string, wrong: string, cause?: unknown) {
    super(`${path} ${wrong}`, { cause });
    this.name = "CertificateError";
  }
}

/** A revocation list is of an authority that is not believed. */
export class ForeignListError extends CertificateError {}
