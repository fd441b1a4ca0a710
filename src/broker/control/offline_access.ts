/** Checks of users, rules and certificates that need no running broker. */
export { accessFindings } from "../access/access_findings.ts";
export { certificateFindings } from "../certificates/certificate_findings.ts";
export { explainSettings } from "./explain_settings.ts";
export { silentLog } from "../status/broker_log.ts";
export { withSecretDigests } from "./secret_digests.ts";
