/** What is found out about users, rules and certificates where no broker runs. */
export { accessProblems } from "./access_problems.ts";
export { certificateProblems } from "../certificates/certificate_problems.ts";
export { explainSettings } from "./explain_settings.ts";
export { silentLog } from "../broker_log.ts";
export { withSecretDigests } from "../control/secret_digests.ts";
