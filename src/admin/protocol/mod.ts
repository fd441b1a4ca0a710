/** Messages between the broker's thread and the worker of the admin page. */
export { AdminRefusal } from "./admin_refusal.ts";
export type {
  AskName,
  Asks,
  LogPage,
  LogRequest,
  LogRow,
  PublishRequest,
  PublishRequestProperties,
  PublishResult,
  TraceFacts,
  TracePage,
  TraceRequest,
} from "./asks.ts";
export type {
  AlarmFigures,
  BrokerFigures,
  CertificateFigures,
  Counts,
  Figures,
  HistogramFigures,
  HistoryFigures,
  LagFigures,
  ListenerFigures,
  LoginFigures,
  ProcessFigures,
  RateFigures,
  StatusFigures,
  StorageFigures,
  WrittenFigures,
} from "./figures.ts";
export type {
  ClientQuery,
  Continued,
  ExplainRequest,
  GroupName,
  GroupQuery,
  LevelQuery,
  ListQuery,
  PageQuery,
  SearchQuery,
  SubscriptionQuery,
} from "./list_requests.ts";
export type {
  AdminConfiguration,
  AdminFailure,
  AdminListening,
  AdminNote,
  Refused,
} from "./messages.ts";
export { pack, type Parcel, PrintedJson, unpack } from "./parcel.ts";
