import type { Clock } from "../../clock/mod.ts";
import type { ByteStream } from "../../transport/mod.ts";
import { LineFeed } from "./line_feed.ts";
import { ROWS_A_SECOND } from "./trace.ts";
import { readTraceSpec } from "./trace_spec.ts";
import { MOST_TRACES, type Traces } from "./traces.ts";

/** The first line of the answer: the trace runs. */
export interface TraceStarted {
  /** Its end by itself, in ms since 1970. */
  readonly until: number;
  /** Rows a second at most. */
  readonly rowsASecond: number;
}

/**
 * Answers a request for a trace: a line that it runs, then a line for each row,
 * until it ends. The asker ends it with any byte, or by closing the stream.
 * Resolves then; the caller closes the stream.
 */
export async function streamTrace(
  stream: ByteStream,
  asked: Readonly<Record<string, unknown>>,
  traces: Traces,
  clock: Clock,
): Promise<void> {
  const feed = new LineFeed(stream, clock);
  const spec = readTraceSpec(asked);
  if (typeof spec === "string") return await refuse(feed, spec);
  // The answer comes before the first row.
  const started: TraceStarted = {
    until: clock.date() + spec.duration,
    rowsASecond: ROWS_A_SECOND,
  };
  const isFull = traces.running.length >= MOST_TRACES;
  if (!isFull) feed.take(JSON.stringify({ ok: true, result: started }));
  const trace = traces.start(spec, feed);
  if (trace === null) {
    const why = `${MOST_TRACES} message traces run already; end one of them`;
    return await refuse(feed, why);
  }
  const gone = stream.read(new Uint8Array(64)).then(() => {}, () => {});
  gone.finally(() => trace.end("stopped"));
  await feed.done;
}

async function refuse(feed: LineFeed, error: string): Promise<void> {
  feed.ended(JSON.stringify({ ok: false, error }));
  await feed.done;
}
