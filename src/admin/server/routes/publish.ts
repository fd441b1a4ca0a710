import * as z from "zod/mini";
import { route, type RouteGroup } from "../route.ts";

/** Messages of one request. */
const MOST = 1000;

const text = z.string().check(z.maxLength(65_535));

/** A message to publish. */
export const message = z.strictObject({
  topic: z.string().check(z.minLength(1), z.maxLength(65_535)),
  payload: z._default(z.string(), ""),
  encoding: z._default(z.enum(["text", "base64"]), "text"),
  qos: z._default(z.union([z.literal(0), z.literal(1), z.literal(2)]), 0),
  retain: z._default(z.boolean(), false),
  properties: z.optional(z.strictObject({
    payloadFormatIndicator: z.optional(
      z.union([z.literal(0), z.literal(1)]),
    ),
    messageExpiryInterval: z.optional(
      z.int().check(z.minimum(0), z.maximum(0xffff_ffff)),
    ),
    contentType: z.optional(text),
    responseTopic: z.optional(text.check(z.minLength(1))),
    correlationData: z.optional(z.string().check(z.maxLength(87_384))),
    userProperties: z.optional(
      z.array(z.tuple([text, text])).check(z.maxLength(1000)),
    ),
  })),
});

/** The fate of a message. */
export const published = z.object({ topic: z.string(), receivers: z.int() });

/** Messages published by people and programs. */
export const publish: RouteGroup = {
  about: "Publish messages",
  routes: [
    route({
      method: "post",
      path: "/publish",
      role: "admin",
      summary: "Publish a message",
      body: message,
      answer: published,
      audit: ({ body }) => ({ topic: body.topic }),
      async handle({ body, parts }) {
        const { results: [one] } = await parts.broker.askFor("publish", {
          messages: [body],
        });
        return one;
      },
    }),
    route({
      method: "post",
      path: "/publish/batch",
      role: "admin",
      summary: "Publish messages in their order, all or none",
      body: z.strictObject({
        messages: z.array(message).check(z.minLength(1), z.maxLength(MOST)),
      }),
      answer: z.object({ results: z.array(published) }),
      audit: ({ body: { messages } }) => ({
        topic: messages[0].topic,
        messages: messages.length,
      }),
      handle: ({ body, parts }) => parts.broker.ask("publish", body),
    }),
  ],
};
