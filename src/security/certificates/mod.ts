/** Certificates in use: read, proved, matched with names, and judged. */
export { CertificateError, ForeignListError } from "./der/certificate_error.ts";
export { daysLeft, type ExpiryStage, expiryStage } from "./identity/expiry.ts";
export {
  type CertificateFacts,
  type ReadCertificate,
  readCertificate,
  readPemCertificate,
} from "./der/facts.ts";
export {
  type CertificateCase,
  type CertificateMode,
  type CertificateRefusal,
  isOfDate,
  judgeCertificate,
} from "./revocation/judge.ts";
export { issuersAmong, type Shown } from "./identity/issuers.ts";
export {
  loadAuthorities,
  type LoadedAuthority,
  systemRoots,
} from "./identity/load_authorities.ts";
export {
  type IdentityFiles,
  type LoadedIdentity,
  loadIdentity,
} from "./identity/load_identity.ts";
export { loadRevocations } from "./revocation/load_revocations.ts";
export {
  isStale,
  type Issued,
  Revocations,
  type RevocationStatus,
} from "./revocation/revocations.ts";
export type { RevocationList } from "./revocation/revocation_list.ts";
export {
  type SentCertificate,
  type VerifiedPath,
  verifyPath,
} from "./path/verify_path.ts";
export { isForName } from "./identity/server_names.ts";
export { usernameFrom, type UsernameSource } from "./identity/username.ts";
export type { CertificateState } from "../authority/list/certificate_entry.ts";
