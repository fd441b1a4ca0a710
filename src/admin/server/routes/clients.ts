import * as z from "zod/mini";
import { route, type RouteGroup } from "../route.ts";

const clientId = z.string().check(z.maxLength(65_535));

/** Clients, with and without a connection. */
export const clients: RouteGroup = {
  about: "Clients",
  routes: [
    route({
      method: "post",
      path: "/clients/kick",
      role: "admin",
      summary: "Disconnect a client; its session stays as it asked for",
      body: z.strictObject({ clientId }),
      answer: z.object({ clientId }),
      audit: ({ body }) => ({ client: body.clientId }),
      handle: ({ body, parts }) => parts.broker.ask("client.kick", body),
    }),
  ],
};
