import * as z from "zod/mini";
import {
  clientRow,
  flag,
  page,
  pageOf,
  part,
  subscriptionRow,
  text,
  time,
} from "../list_schemas.ts";
import { route, type RouteGroup } from "../route.ts";

const clientId = text;

/** The query for a page of clients; `/sessions` has it, too. */
export const clientQuery = z.strictObject({
  ...page,
  id: z.optional(clientId),
  contains: z.optional(part),
  user: z.optional(text),
  address: z.optional(z.string().check(z.maxLength(64))),
  listener: z.optional(part),
  topic: z.optional(text),
  backlog: z.optional(flag),
  drops: z.optional(flag),
  away: z.optional(flag),
});

const dropRows = z.array(z.object({
  reason: z.string(),
  count: z.int(),
  lastAt: time,
  lastTopic: z.string(),
}));

const clientDetail = z.extend(clientRow, {
  expiresAt: z.nullable(time),
  mountPoint: z.nullable(z.string()),
  isBridge: z.boolean(),
  authenticator: z.nullable(z.string()),
  groups: z.array(z.string()),
  loginEndsAt: z.nullable(time),
  certificateFacts: z.nullable(z.object({
    subject: z.string(),
    issuer: z.string(),
    serial: z.string(),
    fingerprint: z.string(),
    notAfter: z.string(),
  })),
  will: z.nullable(z.object({
    topic: z.string(),
    qos: z.int(),
    retain: z.boolean(),
    delay: z.number(),
    bytes: z.int(),
  })),
  paused: z.nullable(z.string()),
  receiveMaximum: z.nullable(z.int()),
  maximumPacketSize: z.nullable(z.int()),
  unreleased: z.int(),
  notDelivered: dropRows,
  notAccepted: dropRows,
  subscribed: z.array(subscriptionRow),
});

const ACTIONS = ["publish", "subscribe", "receive"] as const;

const explanation = z.object({
  client: z.string(),
  username: z.nullable(z.string()),
  state: z.enum(["attached", "detached", "unknown"]),
  matching: z.array(z.string()),
  findings: z.array(z.object({ kind: z.string(), text: z.string() })),
  drops: dropRows,
  actions: z.array(z.looseObject({
    action: z.enum(ACTIONS),
    allowed: z.nullable(z.boolean()),
    reason: z.string(),
  })),
});

/** Clients, with and without a connection. */
export const clients: RouteGroup = {
  about: "Clients",
  routes: [
    route({
      method: "get",
      path: "/clients",
      role: "viewer",
      summary: "List clients with a session, connected or away",
      query: clientQuery,
      answer: pageOf(clientRow),
      handle: ({ query, parts }) => parts.broker.ask("clients.list", query),
    }),
    route({
      method: "get",
      path: "/clients/show",
      role: "viewer",
      summary: "Show all that is known about one client",
      query: z.strictObject({ clientId }),
      answer: clientDetail,
      handle: ({ query, parts }) => parts.broker.ask("clients.show", query),
    }),
    route({
      method: "get",
      path: "/clients/explain",
      role: "viewer",
      summary: "Explain why a client gets no message of a topic",
      query: z.strictObject({
        clientId,
        topic: text,
        qos: z.optional(z.enum(["0", "1", "2"])),
        retain: z.optional(flag),
      }),
      answer: explanation,
      handle: ({ query: { clientId, topic, qos, retain = false }, parts }) =>
        parts.broker.ask("clients.explain", {
          clientId,
          topic,
          qos: Number(qos ?? 0) as 0 | 1 | 2,
          retain,
          actions: ACTIONS,
        }),
    }),
    route({
      method: "post",
      path: "/clients/kick",
      role: "admin",
      summary: "Disconnect a client; its session stays as it asked for",
      body: z.strictObject({
        clientId,
        /** An MQTT 5.0 client gets it. */
        reason: z.optional(z.string().check(z.maxLength(1000))),
      }),
      answer: z.object({ clientId }),
      audit: ({ body }) => ({ client: body.clientId }),
      handle: ({ body, parts }) => parts.broker.ask("client.kick", body),
    }),
  ],
};
