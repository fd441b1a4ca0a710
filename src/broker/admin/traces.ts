import {
  AdminRefusal,
  type Asks,
  type TraceFacts,
  type TracePage,
} from "../../admin/protocol/mod.ts";
import { KeptTrace } from "../trace/kept_trace.ts";
import { readTraceSpec } from "../trace/trace_spec.ts";
import { MOST_TRACES, type Traces } from "../trace/traces.ts";
import type { HandlerParts } from "./admin_parts.ts";

/** Traces of the API that are kept, running ones included. */
const MOST_KEPT = 8;

type Id = { readonly id: number };

/** Begins a trace whose rows are kept for readers. */
export async function startTrace(
  request: Asks["traces.start"]["request"],
  { traces: load }: HandlerParts,
): Promise<TraceFacts> {
  const { seconds, ...asked } = request;
  // Rows have both: the page shows payloads, and pcap needs bytes.
  const spec = readTraceSpec({
    ...asked,
    ...seconds === undefined ? {} : { duration: seconds * 1000 },
    bytes: true,
  });
  if (typeof spec === "string") {
    throw new AdminRefusal(422, "trace-refused", spec);
  }
  const traces = await load();
  const kept = new KeptTrace(request);
  const trace = traces.start(spec, kept);
  if (trace === null) {
    const detail = `${MOST_TRACES} message traces run already; end one of them`;
    throw new AdminRefusal(409, "too-many-traces", detail);
  }
  kept.trace = trace;
  traces.kept.set(trace.id, kept);
  for (const [id, one] of traces.kept) {
    if (traces.kept.size <= MOST_KEPT) break;
    if (one.end !== null) traces.kept.delete(id);
  }
  return factsOf(trace.id, kept);
}

/** Returns the traces of the API, the oldest first. */
export async function listTraces(
  _: null,
  { traces }: HandlerParts,
): Promise<{ readonly traces: TraceFacts[] }> {
  const { kept } = await traces();
  return { traces: [...kept].map(([id, one]) => factsOf(id, one)) };
}

/** Ends a trace; its rows are still kept. */
export async function stopTrace(
  { id }: Id,
  { traces }: HandlerParts,
): Promise<TraceFacts> {
  const kept = find(await traces(), id);
  kept.trace!.end("stopped");
  return factsOf(id, kept);
}

/** Ends a trace, and forgets its rows. */
export async function removeTrace(
  { id }: Id,
  { traces: load }: HandlerParts,
): Promise<Id> {
  const traces = await load();
  find(traces, id).trace!.end("stopped");
  traces.kept.delete(id);
  return { id };
}

/** Returns the next rows of a trace. */
export async function readTrace(
  { id, after }: Asks["traces.read"]["request"],
  { traces }: HandlerParts,
): Promise<TracePage> {
  const kept = find(await traces(), id);
  const { lines, last, missed } = kept.page(after);
  return { lines: [...lines], last, missed, trace: factsOf(id, kept) };
}

function find({ kept }: Traces, id: number): KeptTrace {
  const found = kept.get(id);
  if (found !== undefined) return found;
  throw new AdminRefusal(404, "no-such-trace", "there is no such trace");
}

function factsOf(id: number, { asked, trace, end }: KeptTrace): TraceFacts {
  const { startedAt, until, rows, missing } = trace!.state;
  const why = end?.end ?? null;
  return { id, asked, startedAt, until, rows, missing, end: why };
}
