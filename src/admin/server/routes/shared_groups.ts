import * as z from "zod/mini";
import { page, pageOf, part, text } from "../list_schemas.ts";
import { route, type RouteGroup } from "../route.ts";

const group = z.object({
  name: z.string(),
  filter: z.string(),
  members: z.int(),
});

const member = z.object({
  client: z.string(),
  connected: z.boolean(),
  qos: z.int(),
  backlog: z.int(),
  inflight: z.int(),
});

/** Shared groups (MQTT 5.0, 4.8.2). */
export const sharedGroups: RouteGroup = {
  about: "Shared subscriptions",
  routes: [
    route({
      method: "get",
      path: "/groups",
      role: "viewer",
      summary: "List shared groups",
      query: z.strictObject({ ...page, contains: z.optional(part) }),
      answer: pageOf(group),
      handle: ({ query, parts }) => parts.broker.ask("groups.list", query),
    }),
    route({
      method: "get",
      path: "/groups/members",
      role: "viewer",
      summary: "List the members of a shared group",
      query: z.strictObject({ ...page, name: text, filter: text }),
      answer: pageOf(member),
      handle: ({ query, parts }) => parts.broker.ask("groups.members", query),
    }),
  ],
};
