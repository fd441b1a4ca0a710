/** The composition root: makes the parts of a broker and connects them. */
export { Broker } from "./broker.ts";
export type { BrokerPorts } from "./broker.ts";
export type { BrokerLog } from "./broker_log.ts";
export type { StartedListener } from "./started_listener.ts";
export type { Trust } from "./automatic_certificate.ts";
export type {
  AccessCase,
  AccessExplanation,
  ExplainedAction,
  ExplainedLink,
  ExplainedLogin,
} from "./explain_settings.ts";
export type { AccessPorts } from "./opened_link.ts";
export {
  loadOfflineAccess,
  type OfflineAccess,
} from "./load_offline_access.ts";
export { type ControlAnswer, controlPath } from "./control_request.ts";
export type {
  Finding,
  FindingKind,
  LiveCase,
  LiveExplanation,
} from "./explain_delivery.ts";
