import * as z from "zod/mini";
import { LOG_CATEGORIES } from "../../../config/mod.ts";
import type { LogPage, LogRow } from "../../protocol/mod.ts";
import { route, type RouteGroup } from "../route.ts";

/** From the most severe on. */
const LEVELS = ["error", "warn", "info", "debug"] as const;

const number = z.pipe(
  z.string().check(z.regex(/^\d{1,15}$/)),
  z.transform(Number),
);

/** Events of the log as they come. */
export const logs: RouteGroup = {
  about: "The log",
  routes: [
    route({
      method: "get",
      path: "/logs",
      role: "admin",
      summary: "Follow the log, the last events first (server-sent events)",
      query: z.strictObject({
        level: z.optional(z.enum(LEVELS)),
        category: z.optional(z.enum(LOG_CATEGORIES)),
        after: z.optional(number),
      }),
      answer: z.string(),
      mediaType: "text/event-stream",
      async handle({ query, parts, raw }) {
        const { level = "info", category } = query;
        // A browser that connects again names the last event it has.
        const header = raw.headers.get("last-event-id") ?? "";
        const after = /^\d{1,15}$/.test(header)
          ? Number(header)
          : query.after ?? 0;
        const request = { after, level, category };
        const page = await parts.broker.askFor("logs.read", request);
        const select = selection(level, category ?? null);
        const stream = parts.events.open(
          new Set(["logs"]),
          async () => (await parts.callerOf(raw))?.role === "admin",
          [["logs", JSON.stringify(page)]],
          (_, json) => select(JSON.parse(json)),
        );
        return new Response(stream, {
          headers: {
            "content-type": "text/event-stream",
            // nginx would hold events back.
            "x-accel-buffering": "no",
          },
        });
      },
    }),
  ],
};

/**
 * Returns what makes a page of events one server-sent event for a reader; null
 * where none is for it. Events that it has had are left out.
 */
function selection(
  level: typeof LEVELS[number],
  category: LogRow["category"] | null,
): (page: LogPage) => string | null {
  let last: number | null = null;
  const severity = LEVELS.indexOf(level);
  return (page) => {
    const before = last;
    const rows = page.rows.filter((row) =>
      LEVELS.indexOf(row.level) <= severity &&
      (category === null || row.category === category) &&
      (before === null || row.id > before)
    );
    last = Math.max(page.last, before ?? 0);
    // All pages but the first have each number: a gap was lost on the way.
    const first = page.last - page.rows.length + 1;
    const missed = before === null
      ? page.missed
      : Math.max(0, first - 1 - before);
    if (before !== null && rows.length === 0 && missed === 0) return null;
    // Their JSON steers no terminal; that of a parsed text might.
    const events = rows.map(({ id, category, json }) =>
      `{"id":${id},"category":"${category}",${json.slice(1)}`
    );
    return `id: ${last}\nevent: logs\ndata: {"events":[${events.join(",")}],` +
      `"last":${last},"missed":${missed}}\n\n`;
  };
}
