/**
 * The admin page: status, API and its users. Its rooms are loaded where they are
 * used: `protocol/` by the broker, `server/` by the worker, `credentials/` by the
 * worker and by `dunlin admin`.
 */
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
} from "./protocol/mod.ts";
export type { Role } from "./credentials/mod.ts";
