/** The built-in certificate authority, and the list of who may connect. */
export {
  type Authority,
  openAuthority,
  requireAuthority,
} from "./authority.ts";
export { AuthorityError, type AuthorityFault } from "./authority_error.ts";
export { type AuthorityFiles, authorityFiles } from "./authority_files.ts";
export {
  type CertificateEntry,
  type CertificateList,
  type CertificateState,
  certificateStates,
  readFingerprint,
} from "./certificate_entry.ts";
export { changeList, enforceList, readList } from "./certificate_list.ts";
export { type CertificateNames, noNames } from "./certificate_names.ts";
export { type CertificateReading } from "./certificate_reading.ts";
export { createAuthority, type CreateOptions } from "./create_authority.ts";
export {
  importAuthority,
  type ImportedAuthority,
  type NamedText,
} from "./import_authority.ts";
export { issue, type IssueOptions } from "./issue.ts";
export { forgetIssued, issuedFingerprints, readIssued } from "./issued.ts";
export type { Issued, IssuedPair } from "./issuing.ts";
export { isPair } from "./key_pair.ts";
export { type KeyType, keyTypes } from "./key_type.ts";
export type { LeafPurpose } from "./leaf.ts";
export { ListError } from "./list_error.ts";
export {
  type Machine,
  machineAuthorityName,
  machineNames,
} from "./machine_names.ts";
export {
  type CertificateFile,
  readCertificateFile,
} from "./read_certificate_file.ts";
export {
  isoTime,
  rememberPending,
  type SeenCertificate,
} from "./remember_pending.ts";
export { renew, type RenewOptions } from "./renew.ts";
export { type ServerIdentity, serverIdentity } from "./server_identity.ts";
export { type SignOptions, signRequest } from "./sign_request.ts";
export { day, MOST_DAYS } from "./validity.ts";
