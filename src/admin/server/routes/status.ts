import * as z from "zod/mini";
import { AdminRefusal } from "../../protocol/mod.ts";
import { JsonText } from "../broker_link.ts";
import { route, type RouteGroup } from "../route.ts";

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
        trouble: z.nullable(z.string()),
        version: z.string(),
        uptime: z.number(),
      }),
      handle({ parts }) {
        const { figures } = parts.broker;
        if (figures !== null) return new JsonText(figures);
        throw new AdminRefusal(
          503,
          "no-figures",
          "the broker starts; try again",
        );
      },
    }),
  ],
};
