/** The composition root: makes the parts of a broker and connects them. */
export { Broker } from "./broker.ts";
export type { BrokerPorts } from "./broker.ts";
export type {
  BrokerLog,
  EventFields,
  LoggedEvent,
  OnLogged,
} from "./status/broker_log.ts";
export type { BrokerState } from "./status/broker_state.ts";
export type { Listen, ListenPorts } from "./listeners/listen.ts";
export type { TlsPorts } from "./certificates/certificates.ts";
export type { StartedListener } from "./listeners/started_listener.ts";
export type { Trust } from "./certificates/automatic_certificate.ts";
export type {
  AccessCase,
  AccessExplanation,
  ExplainedAction,
  ExplainedLink,
  ExplainedLogin,
} from "./control/explain_settings.ts";
export type { AdminAddress } from "./admin/admin_part.ts";
export type { AccessPorts } from "./access/opened_link.ts";
export {
  loadOfflineAccess,
  type OfflineAccess,
} from "./control/load_offline_access.ts";
export {
  type BrokerStatus,
  type ControlAnswer,
  controlPath,
  type Health,
} from "./control/control_request.ts";
export type {
  Finding,
  FindingKind,
  LiveCase,
  LiveExplanation,
} from "./control/explain_delivery.ts";
export type { TraceStarted } from "./trace/stream_trace.ts";
