/** What is found out about users, rules and certificates where no broker runs. */
export { accessProblems } from "../access/access_problems.ts";
export { certificateProblems } from "../certificates/certificate_problems.ts";
export { explainSettings } from "./explain_settings.ts";
export { silentLog } from "../status/broker_log.ts";
export { withSecretDigests } from "./secret_digests.ts";
