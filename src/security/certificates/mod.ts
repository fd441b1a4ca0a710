/** Certificates in use: read, proved, matched with names, and judged. */
export { CertificateError, ForeignListError } from "./certificate_error.ts";
export { daysLeft, type ExpiryStage, expiryStage } from "./expiry.ts";
export {
  type CertificateFacts,
  type ReadCertificate,
  readCertificate,
  readPemCertificate,
} from "./facts.ts";
export {
  type CertificateCase,
  type CertificateMode,
  type CertificateRefusal,
  isOfDate,
  judgeCertificate,
} from "./judge.ts";
export { issuersAmong, type Shown } from "./issuers.ts";
export {
  loadAuthorities,
  type LoadedAuthority,
  systemRoots,
} from "./load_authorities.ts";
export {
  type IdentityFiles,
  type LoadedIdentity,
  loadIdentity,
} from "./load_identity.ts";
export { loadRevocations } from "./load_revocations.ts";
export {
  isStale,
  type Issued,
  Revocations,
  type RevocationStatus,
} from "./revocations.ts";
export type { RevocationList } from "./revocation_list.ts";
export {
  type SentCertificate,
  type VerifiedPath,
  verifyPath,
} from "./verify_path.ts";
export { isForName } from "./server_names.ts";
export { usernameFrom, type UsernameSource } from "./username.ts";
export type { CertificateState } from "../authority/certificate_entry.ts";
