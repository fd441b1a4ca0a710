import * as z from "zod/mini";
import { ROLES } from "../../credentials/mod.ts";
import { AdminRefusal } from "../../protocol/mod.ts";
import { sessionOf } from "../callers/caller.ts";
import type { Login } from "../callers/logins.ts";
import { route, type RouteGroup } from "../route.ts";

const answer = z.object({
  user: z.nullable(z.string()),
  name: z.string(),
  role: z.enum(ROLES),
  /** Null for a token, which needs none. */
  csrf: z.nullable(z.string()),
});

const text = z.string().check(z.minLength(1), z.maxLength(1024));

/** The session of a browser. */
export const session: RouteGroup = {
  about: "The session of a browser",
  routes: [
    route({
      method: "get",
      path: "/session",
      role: "viewer",
      summary: "Read who is logged in, and the secret for changes",
      answer,
      handle({ caller }) {
        return sessionOf(caller!);
      },
    }),
    route({
      method: "post",
      path: "/session",
      role: "everyone",
      summary: "Log in by name and password, or by a link",
      body: z.union([
        z.strictObject({ user: text, password: text }),
        z.strictObject({ link: text }),
      ]),
      answer,
      audit: ({ body }) =>
        "user" in body ? { user: body.user.slice(0, 100) } : { by: "link" },
      async handle({ body, from, raw, parts: { logins } }) {
        const login = "user" in body
          ? await logins.byPassword(body.user, body.password, from, raw)
          : await logins.byLink(body.link, from, raw);
        return responseOf(login);
      },
    }),
    route({
      method: "delete",
      path: "/session",
      role: "viewer",
      summary: "Log out",
      answer: null,
      handle({ caller, raw, parts }) {
        const { session } = caller!;
        if (session === null) {
          const detail = "a token has no session: revoke the token";
          throw new AdminRefusal(409, "no-session", detail);
        }
        const cookie = parts.logins.end(session.cookie, raw);
        const headers = { "set-cookie": cookie };
        return new Response(null, { status: 204, headers });
      },
    }),
  ],
};

function responseOf({ user, session, cookie }: Login): Response {
  const { name, role } = user;
  const body = {
    ...{ user: name, name: `user ${name}`, role, csrf: session.csrf },
  };
  return Response.json(body, { headers: { "set-cookie": cookie } });
}
