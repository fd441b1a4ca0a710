import * as z from "zod/mini";
import { route, type RouteGroup } from "../route.ts";

/** Channels that a viewer may follow: the log, for one, is for administrators. */
const CHANNELS = ["figures"] as const;

const NAME = `(?:${CHANNELS.join("|")})`;

/** Names of channels, with commas between them. */
const LIST = new RegExp(`^${NAME}(?:,${NAME})*$`);

/** Events as they come. */
export const events: RouteGroup = {
  about: "Events as they come (server-sent events)",
  routes: [
    route({
      method: "get",
      path: "/events",
      role: "viewer",
      summary: "Follow channels, each event named by its channel",
      query: z.strictObject({
        channels: z.optional(z.string().check(z.regex(LIST))),
      }),
      answer: z.string(),
      mediaType: "text/event-stream",
      handle({ query, parts, raw }) {
        const channels = new Set((query.channels ?? "figures").split(","));
        const { figures } = parts.broker;
        const first = figures === null ? [] : [["figures", figures] as const];
        const mayGoOn = async () => await parts.callerOf(raw) !== null;
        const stream = parts.events.open(channels, mayGoOn, first);
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
