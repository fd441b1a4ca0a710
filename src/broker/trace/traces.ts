import type { Clock } from "../../clock/mod.ts";
import type {
  Connection,
  Context,
  TracedConnection,
  Tracing,
} from "../../session/mod.ts";
import type { TraceEnd } from "../../trace/mod.ts";
import type { KeptTrace } from "./kept_trace.ts";
import { Tap } from "./tap.ts";
import { Trace, type TraceSink } from "./trace.ts";
import type { TraceSpec } from "./trace_spec.ts";

/** Traces at a time. */
export const MOST_TRACES = 4;

/** Connections visited in one turn. */
const SLICE = 500;

/** Parts of the broker that traces need. */
export interface TracesParts {
  readonly context: Context;
  /** All connections, at any time; callers may stop and go on. */
  readonly connections: Iterable<Connection>;
}

/** The traces that run, and the connections they see. */
export class Traces implements Tracing {
  readonly #parts: TracesParts;
  readonly #clock: Clock;
  /** Traces whose rows are kept for the API, by their number. */
  readonly kept = new Map<number, KeptTrace>();
  #running: Trace[] = [];
  #latest = 0;
  #isClosed = false;

  /** Traces nothing yet. */
  constructor(parts: TracesParts) {
    this.#parts = parts;
    this.#clock = parts.context.clock;
  }

  /** The traces that run, the oldest first. */
  get running(): readonly Trace[] {
    return this.#running;
  }

  /** Begins a trace, whose lines `sink` gets; null when too many run. */
  start(spec: TraceSpec, sink: TraceSink): Trace | null {
    if (this.#isClosed || this.#running.length >= MOST_TRACES) return null;
    const id = ++this.#latest;
    const trace = new Trace(id, spec, sink, this.#clock, this.#ended);
    this.#running.push(trace);
    this.#parts.context.tracing = this;
    this.#visit((connection) => this.#see(connection, trace));
    return trace;
  }

  /** Ends all traces, and begins no other: the broker stops. */
  close(): void {
    this.#isClosed = true;
    this.#stop("broker stops");
  }

  #stop(why: TraceEnd["end"]): void {
    for (const trace of [...this.#running]) trace.end(why);
  }

  opened(connection: TracedConnection): void {
    for (const trace of this.#running) this.#see(connection, trace);
  }

  #see(connection: TracedConnection, trace: Trace): void {
    const { state } = connection;
    if (trace.isOver || state === "closing" || state === "closed") return;
    const isAbout = trace.isAbout(connection, null);
    if (isAbout === false) return;
    const tap = connection.trace instanceof Tap
      ? connection.trace
      : new Tap(connection, this.#clock, this.#failed);
    tap.add(trace, isAbout === true);
    connection.trace = tap;
  }

  readonly #ended = (ended: Trace): void => {
    this.#running = this.#running.filter((one) => one !== ended);
    if (this.#running.length === 0) this.#parts.context.tracing = null;
    this.#visit((connection) => {
      const { trace } = connection;
      if (trace instanceof Tap && trace.prune()) connection.trace = null;
    });
  };

  /** The packets go on; what fails once would fail for each of them. */
  readonly #failed = (error: unknown): void => {
    const { faults } = this.#parts.context;
    faults.note("all message traces end", error, null);
    this.#stop("failed");
  };

  /** Visits all connections in turns: there may be very many. */
  #visit(visit: (connection: Connection) => void): void {
    const all = this.#parts.connections[Symbol.iterator]();
    const slice = (): boolean => {
      for (let left = SLICE; left > 0; left--) {
        const next = all.next();
        if (next.done) return false;
        visit(next.value);
      }
      return true;
    };
    if (slice()) this.#parts.context.turn.inTurns(slice);
  }
}
