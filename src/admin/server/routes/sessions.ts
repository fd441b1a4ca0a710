import * as z from "zod/mini";
import { clientRow, pageOf, text } from "../list_schemas.ts";
import { route, type RouteGroup } from "../route.ts";
import { clientQuery } from "./clients.ts";

/** Sessions, which outlive connections. */
export const sessions: RouteGroup = {
  about: "Sessions",
  routes: [
    route({
      method: "get",
      path: "/sessions",
      role: "viewer",
      summary: "List sessions: the same as /clients",
      query: clientQuery,
      answer: pageOf(clientRow),
      handle: ({ query, parts }) => parts.broker.ask("clients.list", query),
    }),
    route({
      method: "post",
      path: "/sessions/delete",
      role: "admin",
      summary: "End a session, and the connection of its client",
      body: z.strictObject({ clientId: text }),
      answer: z.object({
        /** Whether the end is on disk. */
        stored: z.boolean(),
      }),
      audit: ({ body }) => ({ client: body.clientId }),
      handle: ({ body, parts }) => parts.broker.ask("sessions.delete", body),
    }),
  ],
};
