/** The built-in certificate authority, and the list of who may connect. */
export {
  type Authority,
  openAuthority,
  requireAuthority,
} from "./root/authority.ts";
export { AuthorityError, type AuthorityFault } from "./keys/authority_error.ts";
export { type AuthorityFiles, authorityFiles } from "./root/authority_files.ts";
export {
  type CertificateEntry,
  type CertificateList,
  type CertificateState,
  certificateStates,
  readFingerprint,
} from "./list/certificate_entry.ts";
export { changeList, enforceList, readList } from "./list/certificate_list.ts";
export { type CertificateNames, noNames } from "./names/certificate_names.ts";
export { type CertificateReading } from "./root/certificate_reading.ts";
export {
  createAuthority,
  type CreateOptions,
} from "./root/create_authority.ts";
export {
  importAuthority,
  type ImportedAuthority,
  type NamedText,
} from "./root/import_authority.ts";
export { issue, type IssueOptions } from "./issuing/issue.ts";
export {
  forgetIssued,
  issuedFingerprints,
  readIssued,
} from "./issuing/issued.ts";
export type { Issued, IssuedPair } from "./issuing/issuing.ts";
export { isPair } from "./keys/key_pair.ts";
export { type KeyType, keyTypes } from "./keys/key_type.ts";
export type { LeafPurpose } from "./issuing/leaf.ts";
export { ListError } from "./list/list_error.ts";
export {
  type Machine,
  machineAuthorityName,
  machineNames,
} from "./names/machine_names.ts";
export {
  type CertificateFile,
  readCertificateFile,
} from "./root/read_certificate_file.ts";
export {
  isoTime,
  rememberPending,
  type SeenCertificate,
} from "./list/remember_pending.ts";
export { renew, type RenewOptions } from "./issuing/renew.ts";
export {
  type ServerIdentity,
  serverIdentity,
} from "./issuing/server_identity.ts";
export { type SignOptions, signRequest } from "./issuing/sign_request.ts";
export { day } from "./keys/validity.ts";
