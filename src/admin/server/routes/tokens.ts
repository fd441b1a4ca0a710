import * as z from "zod/mini";
import { CredentialError, ROLES } from "../../credentials/mod.ts";
import { AdminRefusal } from "../../protocol/mod.ts";
import { route, type RouteGroup } from "../route.ts";

const id = z.string().check(z.regex(/^[a-z0-9]{8}$/));

/** Names as `checkName` allows them. */
const name = z.string().check(z.minLength(1), z.maxLength(100));

/** Seconds of the longest life: a hundred years. */
const LONGEST = 100 * 366 * 24 * 3600;

const token = z.object({
  id,
  name: z.string(),
  role: z.enum(ROLES),
  created: z.number(),
  expires: z.nullable(z.number()),
});

/** Tokens of programs. */
export const tokens: RouteGroup = {
  about: "Tokens of programs",
  routes: [
    route({
      method: "get",
      path: "/tokens",
      role: "admin",
      summary: "List all tokens, without their secrets",
      answer: z.object({ tokens: z.array(token) }),
      async handle({ parts }) {
        const { tokens } = await parts.logins.credentials.state();
        return { tokens: tokens.map(({ hash: _, ...shown }) => shown) };
      },
    }),
    route({
      method: "post",
      path: "/tokens",
      role: "admin",
      summary: "Make a token; the answer alone has its secret",
      body: z.strictObject({
        name,
        role: z.enum(ROLES),
        /** Seconds that it is valid; null for ever. */
        life: z.optional(
          z.nullable(z.int().check(z.minimum(1), z.maximum(LONGEST))),
        ),
      }),
      answer: z.object({ id, token: z.string() }),
      audit: ({ body }) => ({ token: body.name, role: body.role }),
      async handle({ body: { name, role, life = null }, parts }) {
        try {
          const ms = life === null ? null : life * 1000;
          return await parts.logins.credentials.createToken(name, role, ms);
        } catch (error) {
          if (!(error instanceof CredentialError)) throw error;
          throw new AdminRefusal(409, "token-refused", error.message);
        }
      },
    }),
    route({
      method: "delete",
      path: "/tokens/:id",
      role: "admin",
      summary: "Revoke a token",
      params: z.strictObject({ id }),
      answer: null,
      audit: ({ params }) => ({ token: params.id }),
      async handle({ params, parts }) {
        if (await parts.logins.credentials.revokeToken(params.id)) return;
        throw new AdminRefusal(404, "no-such-token", "there is no such token");
      },
    }),
  ],
};
