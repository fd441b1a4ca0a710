import * as z from "zod/mini";
import {
  limit,
  page,
  pageOf,
  part,
  retainedRow,
  text,
  token,
} from "../list_schemas.ts";
import { route, type RouteGroup } from "../route.ts";
import { message, published } from "./publish.ts";

const level = z.object({
  level: z.string(),
  path: z.string(),
  children: z.int(),
  message: z.nullable(retainedRow),
});

const topic = z.string().check(z.minLength(1), z.maxLength(65_535));

/** Retained messages. */
export const retained: RouteGroup = {
  about: "Retained messages",
  routes: [
    route({
      method: "get",
      path: "/retained/levels",
      role: "viewer",
      summary: "List the topic levels below a path, first without one",
      query: z.strictObject({
        ...page,
        path: z.optional(text),
        contains: z.optional(part),
      }),
      answer: pageOf(level),
      handle: ({ query, parts }) => parts.broker.ask("retained.levels", query),
    }),
    route({
      method: "get",
      path: "/retained/search",
      role: "viewer",
      summary: "Find retained messages by a topic filter",
      query: z.strictObject({
        filter: z.optional(text),
        contains: z.optional(part),
        limit: z.optional(limit),
        /** `next` of the answer before, in place of the others. */
        next: z.optional(token),
      }),
      answer: pageOf(retainedRow),
      handle: ({ query, parts }) => parts.broker.ask("retained.search", query),
    }),
    route({
      method: "get",
      path: "/retained/message",
      role: "viewer",
      summary: "Show the retained message of a topic, up to 256 KiB of it",
      query: z.strictObject({ topic }),
      answer: retainedRow,
      handle: ({ query, parts }) => parts.broker.ask("retained.show", query),
    }),
    route({
      method: "post",
      path: "/retained/set",
      role: "admin",
      summary: "Publish a message that is retained",
      body: message,
      answer: published,
      audit: ({ body }) => ({ topic: body.topic }),
      async handle({ body, parts }) {
        const { results: [one] } = await parts.broker.askFor("publish", {
          messages: [{ ...body, retain: true }],
        });
        return one;
      },
    }),
    route({
      method: "post",
      path: "/retained/delete",
      role: "admin",
      summary:
        "Remove the retained message of a topic; subscribers get nothing",
      body: z.strictObject({ topic }),
      answer: z.object({ stored: z.boolean() }),
      audit: ({ body }) => ({ topic: body.topic }),
      handle: ({ body, parts }) => parts.broker.ask("retained.delete", body),
    }),
    route({
      method: "get",
      path: "/retained/count",
      role: "viewer",
      summary: "Count retained messages by a topic filter, for /delete-counted",
      query: z.strictObject({
        filter: z.optional(text),
        continue: z.optional(token),
      }),
      answer: z.object({
        count: z.int(),
        bytes: z.int(),
        /** Names what was counted, for a minute. */
        token: z.nullable(z.string()),
        continue: z.nullable(z.string()),
      }),
      handle: ({ query, parts }) => parts.broker.ask("retained.count", query),
    }),
    route({
      method: "post",
      path: "/retained/delete-counted",
      role: "admin",
      summary: "Remove what was counted, unless it has changed since",
      body: z.strictObject({
        token: z.optional(token),
        continue: z.optional(token),
      }),
      answer: z.object({
        deleted: z.int(),
        /** Counted, and then replaced, removed or expired. */
        changed: z.int(),
        stored: z.boolean(),
        continue: z.nullable(z.string()),
      }),
      handle: ({ body, parts }) =>
        parts.broker.ask("retained.deleteCounted", body),
    }),
  ],
};
