import * as z from "zod/mini";
import { AdminRefusal } from "../../protocol/mod.ts";
import { JsonText } from "../broker_link.ts";
import { route, type RouteGroup } from "../route.ts";

const sizes = { retainedBytes: z.number(), queuedBytes: z.number() };

/** The state of the broker. */
export const status: RouteGroup = {
  about: "The state of the broker, as of the last second",
  routes: [
    route({
      method: "get",
      path: "/status",
      role: "viewer",
      summary: "Read the figures of the broker",
      answer: z.looseObject({
        time: z.number(),
        running: z.boolean(),
        loading: z.boolean(),
        version: z.string(),
        uptime: z.number(),
        clients: z.looseObject({ connected: z.int(), maximum: z.int() }),
        sessions: z.looseObject({ count: z.int(), away: z.int() }),
        subscriptions: z.looseObject({ count: z.int(), shared: z.int() }),
        messages: z.looseObject({
          received: z.int(),
          sent: z.int(),
          dropped: z.int(),
          retained: z.int(),
          queued: z.int(),
        }),
        storage: z.looseObject({
          ...sizes,
          sessionBytes: z.number(),
          health: z.string(),
          reason: z.nullable(z.string()),
        }),
      }),
      handle({ parts }) {
        const { figures } = parts.broker;
        if (figures !== null) return new JsonText(figures);
        const detail = "the broker starts; try again";
        throw new AdminRefusal(503, "no-figures", detail);
      },
    }),
    route({
      method: "get",
      path: "/status/history",
      role: "viewer",
      summary: "Read the figures of the last hour, one point in ten seconds",
      answer: z.object({
        columns: z.array(z.string()),
        at: z.array(z.number()),
        points: z.array(z.array(z.nullable(z.number()))),
      }),
      handle: ({ parts }) => parts.broker.ask("status.history", null),
    }),
  ],
};
