import * as z from "zod/mini";

/** A client id, topic or filter. */
export const text = z.string().check(z.maxLength(65_535));

/** A time, ISO 8601 in UTC. */
export const time = z.string();

/** A part of a text to look for. */
export const part = z.string().check(z.maxLength(1000));

/** A yes or no in a query. */
export const flag = z.pipe(
  z.enum(["true", "false"]),
  z.transform((text) => text === "true"),
);

/** Rows of a page. */
export const limit = z.coerce.number().check(
  z.multipleOf(1),
  z.minimum(1),
  z.maximum(1000),
);

/** A token of an earlier answer. */
export const token = z.string().check(z.maxLength(100));

/** Members of every query for a page of a sorted list. */
export const page = {
  limit: z.optional(limit),
  /** `next` of the page before. */
  after: z.optional(z.string().check(z.maxLength(200_000))),
  /** A column; with `-` before it from the largest on. */
  sort: z.optional(z.string().check(z.maxLength(50))),
  /** `continue` of the answer before. */
  continue: z.optional(token),
};

/** Returns the schema of a page of rows. */
export function pageOf<Row extends z.ZodMiniType>(row: Row) {
  return z.object({
    /** When the walk over all rows began. */
    takenAt: time,
    rows: z.array(row),
    /** For `after`, or to go on with a search; null behind the last row. */
    next: z.nullable(z.string()),
    /** Not done after a second of work: ask again with it; else null. */
    continue: z.nullable(z.string()),
  });
}

/** Messages dropped, by reason. */
const drops = z.array(z.object({ reason: z.string(), count: z.int() }));

/** Ends of connections. */
const ends = z.array(
  z.object({ at: time, reason: z.string(), address: z.string() }),
);

/** One client with a session, connected or away. */
export const clientRow = z.object({
  id: z.string(),
  state: z.enum(["connected", "away"]),
  user: z.nullable(z.string()),
  address: z.nullable(z.string()),
  port: z.nullable(z.int()),
  protocol: z.nullable(z.string()),
  version: z.nullable(z.string()),
  listener: z.nullable(z.string()),
  certificate: z.nullable(z.string()),
  connectedSince: z.nullable(time),
  awaySince: z.nullable(time),
  keepAlive: z.nullable(z.number()),
  expiry: z.nullable(z.number()),
  subscriptions: z.int(),
  inflight: z.int(),
  backlog: z.int(),
  backlogBytes: z.int(),
  outboundBytes: z.int(),
  bytesReceived: z.int(),
  bytesSent: z.int(),
  messagesReceived: z.int(),
  messagesSent: z.int(),
  dropped: z.int(),
  drops,
  lastEnds: ends,
});

/** One subscription. */
export const subscriptionRow = z.object({
  client: z.string(),
  filter: z.string(),
  group: z.nullable(z.string()),
  qos: z.int(),
  noLocal: z.boolean(),
  retainAsPublished: z.boolean(),
  retainHandling: z.int(),
  identifier: z.int(),
  connected: z.boolean(),
});

/** One retained message. */
export const retainedRow = z.object({
  topic: z.string(),
  bytes: z.int(),
  qos: z.int(),
  publisher: z.string(),
  expiresAt: z.nullable(time),
  properties: z.object({
    payloadFormatIndicator: z.optional(z.int()),
    contentType: z.optional(z.string()),
    responseTopic: z.optional(z.string()),
    correlationData: z.optional(z.string()),
    userProperties: z.optional(
      z.array(z.tuple([z.string(), z.string()])),
    ),
  }),
  encoding: z.enum(["text", "base64"]),
  payload: z.string(),
  isCut: z.boolean(),
});
