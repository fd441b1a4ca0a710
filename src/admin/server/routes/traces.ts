import * as z from "zod/mini";
import { SystemClock } from "../../../clock/mod.ts";
import {
  Pcap,
  shownRow,
  TRACE_KINDS,
  type TraceKind,
  type TraceLine,
} from "../../../trace/mod.ts";
import { AdminRefusal, type TracePage } from "../../protocol/mod.ts";
import type { BrokerLink } from "../broker_link.ts";
import { route, type RouteGroup } from "../route.ts";

/** Downloads at a time. */
const MOST = 8;

/** From one look for new rows to the next (ms). */
const LOOK = 500;

const KINDS = Object.keys(TRACE_KINDS) as [TraceKind, ...TraceKind[]];

const number = z.pipe(
  z.string().check(z.regex(/^\d{1,15}$/)),
  z.transform(Number),
);

const params = z.strictObject({ id: number });

const text = z.string().check(z.minLength(1), z.maxLength(65_535));

const trace = z.object({
  id: z.number(),
  asked: z.looseObject({}),
  startedAt: z.number(),
  until: z.number(),
  rows: z.number(),
  missing: z.number(),
  end: z.nullable(z.string()),
});

/** Message traces: packets between clients and the broker. */
export const traces: RouteGroup = {
  about: "Message traces: packets between clients and the broker",
  routes: [
    route({
      method: "get",
      path: "/traces",
      role: "admin",
      summary: "List the traces that run, and those whose rows are kept",
      answer: z.object({ traces: z.array(trace) }),
      handle: ({ parts }) => parts.broker.ask("traces.list", null),
    }),
    route({
      method: "post",
      path: "/traces",
      role: "admin",
      summary: "Begin a trace; what is left out chooses all packets",
      body: z.strictObject({
        /** Client id, in which `*` stands for any characters. */
        client: z.optional(text),
        topic: z.optional(text),
        address: z.optional(z.string().check(z.maxLength(100))),
        direction: z.optional(z.enum(["in", "out"])),
        packets: z.optional(
          z.array(z.enum(KINDS)).check(z.minLength(1), z.maxLength(16)),
        ),
        seconds: z.optional(z.int().check(z.minimum(1), z.maximum(86_400))),
        /** Bytes of each payload. */
        preview: z.optional(z.int().check(z.minimum(0), z.maximum(4096))),
      }),
      answer: trace,
      audit: ({ body: { client, topic, address } }) => ({
        ...client === undefined ? {} : { client },
        ...topic === undefined ? {} : { topic },
        ...address === undefined ? {} : { address },
      }),
      handle: ({ body, parts }) => parts.broker.ask("traces.start", body),
    }),
    route({
      method: "post",
      path: "/traces/:id/stop",
      role: "admin",
      summary: "End a trace; its rows are still kept",
      params,
      answer: trace,
      audit: ({ params }) => ({ trace: params.id }),
      handle: ({ params, parts }) => parts.broker.ask("traces.stop", params),
    }),
    route({
      method: "delete",
      path: "/traces/:id",
      role: "admin",
      summary: "End a trace, and forget its rows",
      params,
      answer: z.object({ id: z.number() }),
      audit: ({ params }) => ({ trace: params.id }),
      handle: ({ params, parts }) => parts.broker.ask("traces.remove", params),
    }),
    route({
      method: "get",
      path: "/traces/:id",
      role: "admin",
      summary: "Read the next rows of a trace, at most 500",
      params,
      query: z.strictObject({ after: z.optional(number) }),
      answer: z.object({
        lines: z.array(z.string()),
        last: z.number(),
        missed: z.number(),
        trace,
      }),
      handle: ({ params: { id }, query: { after = 0 }, parts }) =>
        parts.broker.ask("traces.read", { id, after }),
    }),
    route({
      method: "get",
      path: "/traces/:id/rows",
      role: "admin",
      summary: "Download the rows of a trace, or follow them to its end",
      params,
      query: z.strictObject({
        format: z.optional(z.enum(["ndjson", "pcap"])),
        payload: z.optional(z.enum(["text", "json", "hex", "none"])),
        follow: z.optional(z.enum(["true", "false"])),
      }),
      answer: z.string(),
      mediaType: "application/x-ndjson",
      async handle({ params: { id }, query, parts, raw }) {
        const { format = "ndjson", payload = "text", follow } = query;
        const isPcap = format === "pcap";
        // Refused before the answer begins.
        await parts.broker.ask("traces.read", { id, after: 0 });
        const pages = readAll(
          parts.broker,
          id,
          follow === "true",
          async () => (await parts.callerOf(raw))?.role === "admin",
        );
        const write = isPcap ? pcapOf() : ndjsonOf(payload);
        return new Response(streamOf(pages, write), {
          headers: {
            "content-type": isPcap
              ? "application/vnd.tcpdump.pcap"
              : "application/x-ndjson",
            "content-disposition":
              `attachment; filename="trace-${id}.${format}"`,
            "x-accel-buffering": "no",
          },
        });
      },
    }),
  ],
};

type Write = (lines: readonly TraceLine[]) => Uint8Array[];
type Payload = Parameters<typeof shownRow>[1];

function ndjsonOf(payload: Payload): Write {
  const encoder = new TextEncoder();
  return (lines) =>
    lines.map((line) => {
      const shown = "packet" in line ? shownRow(line, payload) : line;
      return encoder.encode(`${JSON.stringify(shown)}\n`);
    });
}

function pcapOf(): Write {
  const pcap = new Pcap();
  let header = [pcap.header()];
  return (lines) => {
    const records = lines.flatMap((line) =>
      "packet" in line ? pcap.records(line) : []
    );
    const all = [...header, ...records];
    header = [];
    return all;
  };
}

let downloads = 0;

/** Yields all rows, page by page; with `follows` until the trace has ended. */
async function* readAll(
  broker: BrokerLink,
  id: number,
  follows: boolean,
  mayGoOn: () => Promise<boolean>,
): AsyncGenerator<TracePage> {
  const clock = new SystemClock();
  for (let after = 0;;) {
    // Also while rows keep coming.
    if (follows && !await mayGoOn()) return;
    const page = await broker.askFor("traces.read", { id, after });
    yield page;
    const isLast = page.last === after;
    after = page.last;
    if (!isLast) continue;
    if (!follows || page.trace.end !== null) return;
    await new Promise<void>((resolve) => clock.after(LOOK, resolve));
  }
}

/** Returns the bytes as a stream, which asks for a page when it is read. */
function streamOf(
  pages: AsyncGenerator<TracePage>,
  write: Write,
): ReadableStream<Uint8Array> {
  if (downloads >= MOST) {
    const detail = "too many downloads of traces run; try again";
    throw new AdminRefusal(503, "busy", detail);
  }
  downloads++;
  let isOpen = true;
  const end = () => {
    if (isOpen) downloads--;
    isOpen = false;
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await pages.next();
          if (done) {
            end();
            return controller.close();
          }
          const lines = value.lines.map((line) => JSON.parse(line));
          const gap = value.missed > 0
            ? [{ missing: value.missed, why: "reader" } as const]
            : [];
          const parts = write([...gap, ...lines]);
          for (const bytes of parts) controller.enqueue(bytes);
          // A pull that brings nothing is not repeated by itself.
          if (parts.length > 0) return;
        }
      } catch (error) {
        // The trace was removed meanwhile, or the broker stops.
        end();
        controller.error(error);
      }
    },
    async cancel() {
      end();
      await pages.return(undefined);
    },
  });
}
