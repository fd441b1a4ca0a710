/** The built-in certificate authority, and the list of who may connect. */
export {
  type CertificateEntry,
  type CertificateList,
  type CertificateState,
  certificateStates,
  readFingerprint,
} from "./certificate_entry.ts";
export { changeList, readList } from "./certificate_list.ts";
export { ListError } from "./list_error.ts";
export {
  isoTime,
  rememberPending,
  type SeenCertificate,
} from "./remember_pending.ts";
