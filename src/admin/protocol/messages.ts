import type { LogLevel, MetricNames, MetricsAccess } from "../../config/mod.ts";

/**
 * Messages to the worker, by their first word:
 *
 * - `configure N`: `AdminConfiguration`; answered by `listening N` or `failed N`.
 * - `figures`: the figures of the broker, once a second.
 * - `push CHANNEL`: something for the readers of an event stream.
 * - `result N` or `refusal N`: the answer to `ask N NAME`.
 *
 * Messages from it:
 *
 * - `listening N`: `AdminListening`; `failed N`: `AdminFailure`.
 * - `ask N NAME`: a question to the handler of that name.
 * - `note`: `AdminNote`, a line for the broker's log.
 * - `users`: those without a file, a text, to be kept for another thread.
 * - `channels`: names of the channels that event streams read, a list.
 */
export interface AdminConfiguration {
  readonly bind: string;
  readonly port: number;
  /** Certificate and key, PEM; null without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Host names that requests may have, besides those of this machine. */
  readonly hostNames: readonly string[];
  readonly metrics: MetricsAccess;
  readonly metricNames: MetricNames;
  /** File of users and tokens; null keeps them in memory. */
  readonly file: string | null;
  /** Without a file: the users that a former thread has kept; else null. */
  readonly users: string | null;
}

/** The worker serves. */
export interface AdminListening {
  readonly bind: string;
  /** The real one, where 0 was asked for. */
  readonly port: number;
  /** The first user, where this start has made it; secret. */
  readonly first: {
    readonly user: string;
    readonly password: string;
    readonly link: string;
  } | null;
}

/** The worker cannot serve as it is configured. */
export interface AdminFailure {
  /** Name of the error's class. */
  readonly name: string;
  /** The code of an error that has one; else null. */
  readonly code: string | null;
  readonly message: string;
}

/** A line for the broker's log. */
export interface AdminNote {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number | null | undefined>>;
}

/** The answer to a question that cannot be answered (RFC 9457). */
export interface Refused {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** A word for programs that stays the same. */
  readonly code: string;
  /** The fault of the request, and the remedy. */
  readonly detail: string;
}
