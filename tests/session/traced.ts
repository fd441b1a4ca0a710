import assert from "node:assert/strict";
import type { TraceSink } from "../../src/broker/trace/trace.ts";
import { readTraceSpec } from "../../src/broker/trace/trace_spec.ts";
import type {
  TraceEnd,
  TraceGap,
  TraceLine,
  TraceRow,
} from "../../src/trace/mod.ts";
import type { TestBroker } from "../support/test_broker.ts";

/** The lines of a trace, for tests. */
export class Traced implements TraceSink {
  readonly lines: TraceLine[] = [];
  /** Whether it takes lines. */
  isTaking = true;

  take(line: string): boolean {
    if (this.isTaking) this.lines.push(JSON.parse(line));
    return this.isTaking;
  }

  ended(line: string): void {
    this.lines.push(JSON.parse(line));
  }

  get rows(): TraceRow[] {
    return this.lines.filter((line): line is TraceRow => "packet" in line);
  }

  get gaps(): TraceGap[] {
    return this.lines.filter((line): line is TraceGap => "why" in line);
  }

  get end(): TraceEnd | undefined {
    return this.lines.find((line): line is TraceEnd => "end" in line);
  }

  /** Each row as `in CONNECT`, and its topic. */
  get told(): string[] {
    return this.rows.map(({ direction, packet, topic }) =>
      `${direction} ${packet}${topic === undefined ? "" : ` ${topic}`}`
    );
  }
}

/** Begins a trace of `broker`. */
export async function traced(
  { broker }: TestBroker,
  asked: Record<string, unknown> = {},
): Promise<Traced> {
  const sink = new Traced();
  const spec = readTraceSpec(asked);
  assert.ok(typeof spec !== "string", String(spec));
  assert.notEqual((await broker.steering.traces()).start(spec, sink), null);
  return sink;
}
