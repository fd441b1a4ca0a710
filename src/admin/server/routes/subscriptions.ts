import * as z from "zod/mini";
import {
  flag,
  page,
  pageOf,
  part,
  subscriptionRow,
  text,
} from "../list_schemas.ts";
import { route, type RouteGroup } from "../route.ts";

/** Subscriptions of all clients. */
export const subscriptions: RouteGroup = {
  about: "Subscriptions",
  routes: [
    route({
      method: "get",
      path: "/subscriptions",
      role: "viewer",
      summary: "List subscriptions, of a client or for a topic",
      query: z.strictObject({
        ...page,
        client: z.optional(text),
        topic: z.optional(text),
        contains: z.optional(part),
        shared: z.optional(flag),
      }),
      answer: pageOf(subscriptionRow),
      handle: ({ query, parts }) =>
        parts.broker.ask("subscriptions.list", query),
    }),
  ],
};
