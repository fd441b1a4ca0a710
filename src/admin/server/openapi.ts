import * as z from "zod/mini";
import { VERSION } from "../../config/mod.ts";
import { CSRF_HEADER } from "./callers/caller.ts";
import type { Route, RouteGroup } from "./route.ts";

type Json = Readonly<Record<string, unknown>>;

/** Problems that an answer may be (RFC 9457). */
const problem: Json = {
  type: "object",
  required: ["type", "title", "status", "code", "detail"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", description: "A word that stays the same" },
    detail: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["field", "message"],
        properties: {
          field: { type: "string" },
          message: { type: "string" },
        },
      },
    },
  },
};

/** Returns the OpenAPI 3.1 document of all groups, made from their schemas. */
export function openApiOf(
  groups: readonly (readonly [name: string, group: RouteGroup])[],
): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, { routes }] of groups) {
    for (const one of routes) {
      const path = one.path.replace(/:(\w+)/g, "{$1}");
      paths[path] ??= {};
      paths[path][one.method] = operationOf(name, one);
    }
  }
  return {
    openapi: "3.1.0",
    info: { title: "Dunlin admin API", version: VERSION },
    // Relative: the page may stand below any path of a proxy.
    servers: [{ url: "v1" }],
    tags: groups.map(([name, { about }]) => ({ name, description: about })),
    paths,
    components: {
      schemas: { Problem: problem },
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "dunlin_PORT",
          description: `Changes need the header ${CSRF_HEADER}, too`,
        },
      },
    },
  };
}

function operationOf(tag: string, one: Route): Json {
  const parameters = [
    ...parametersOf("path", one.params),
    ...parametersOf("query", one.query),
  ];
  return {
    tags: [tag],
    summary: one.summary,
    "x-role": one.role,
    security: one.role === "everyone" ? [] : [{ token: [] }, { session: [] }],
    ...parameters.length > 0 && { parameters },
    ...one.body !== undefined && {
      requestBody: {
        required: true,
        content: {
          "application/json": { schema: schemaOf(one.body, "input") },
        },
      },
    },
    responses: {
      ...one.answer === null ? { 204: { description: "Done" } } : {
        200: {
          description: "The answer",
          content: {
            [one.mediaType ?? "application/json"]: {
              schema: schemaOf(one.answer, "output"),
            },
          },
        },
      },
      default: {
        description: "A problem",
        content: {
          "application/problem+json": {
            schema: { $ref: "#/components/schemas/Problem" },
          },
        },
      },
    },
  };
}

function parametersOf(
  place: "path" | "query",
  schema: z.ZodMiniType | undefined,
): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema,
  }));
}

function schemaOf(schema: z.ZodMiniType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
