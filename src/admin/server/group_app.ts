import { Hono } from "hono/tiny";
import { includesRole } from "../credentials/mod.ts";
import { AdminRefusal } from "../protocol/mod.ts";
import { JsonText } from "./broker_link.ts";
import { type Caller, checkCsrf, checkSite } from "./callers/caller.ts";
import { notLoggedIn } from "./http/not_logged_in.ts";
import { problemOf, TooManyRequests } from "./http/problem.ts";
import type { Route, RouteAnswer, RouteGroup, RouteParts } from "./route.ts";
import { queryOf, validated } from "./http/validate.ts";

/** Facts of a request that its headers do not tell. */
export interface RequestFacts {
  /** Null for a caller without valid credentials. */
  readonly caller: Caller | null;
  /** IP address of the peer. */
  readonly from: string;
  /** Reads the body as JSON, of at most so many bytes. */
  readonly readBody: (request: Request, largest: number) => Promise<unknown>;
}

/** Bytes of the largest body, and of one by a caller without a login. */
const LARGEST = 1 << 20;
const LARGEST_OF_ANYONE = 16 << 10;

type GroupHono = Hono<{ Bindings: RequestFacts }>;

/** Returns the application that serves the routes of one group. */
export function groupApp(group: RouteGroup, parts: RouteParts): GroupHono {
  const app: GroupHono = new Hono();
  const paths = new Set<string>();
  for (const one of group.routes) {
    paths.add(one.path);
    app.on(one.method.toUpperCase(), `/api/v1${one.path}`, async (context) => {
      const { req, env } = context;
      return await serve(one, req.raw, req.param(), env, parts);
    });
  }
  for (const path of paths) {
    const allowed = group.routes.filter((one) => one.path === path)
      .map(({ method }) => method.toUpperCase()).join(", ");
    app.all(`/api/v1${path}`, () => {
      const detail = `this path has only ${allowed}`;
      const refusal = new AdminRefusal(405, "method-not-allowed", detail);
      const response = problemOf(refusal);
      response.headers.set("allow", allowed);
      return response;
    });
  }
  app.notFound(() => {
    const detail = "there is no such path: see api/openapi.json";
    throw new AdminRefusal(404, "no-such-path", detail);
  });
  app.onError((error) => {
    throw error;
  });
  return app;
}

async function serve(
  route: Route,
  raw: Request,
  pathParts: Readonly<Record<string, string>>,
  { caller, from, readBody }: RequestFacts,
  parts: RouteParts,
): Promise<Response> {
  const isWrite = route.method !== "get";
  if (route.role !== "everyone") {
    checkRole(caller, route.role);
    if (isWrite) checkCsrf(raw, caller);
  } else if (isWrite) checkSite(raw);
  const params = validated("path", route.params, pathParts);
  const query = validated("query", route.query, queryOf(new URL(raw.url)));
  const largest = caller === null ? LARGEST_OF_ANYONE : LARGEST;
  const body = isWrite
    ? validated("body", route.body, await readBody(raw, largest))
    : undefined;
  const request = { params, query, body, caller, from, raw, parts };
  if (!isWrite) return readOf(raw, responseOf(await route.handle(request)));
  const who = caller?.name ?? "no login";
  const what = `${raw.method} ${route.path}`;
  const fields = { who, what, from, ...route.audit?.({ params, body }) };
  const note = (status: number, code?: string) =>
    parts.broker.note({
      level: "info",
      event: "admin",
      fields: { ...fields, status, reason: code },
    });
  try {
    const response = responseOf(await route.handle(request));
    note(response.status);
    return response;
  } catch (error) {
    // Refused unseen: a flood of them must not fill the log.
    if (error instanceof TooManyRequests) throw error;
    if (error instanceof AdminRefusal) note(error.status, error.code);
    else note(500, "internal-error");
    throw error;
  }
}

/** Throws 401 without a login, 403 without the role. */
function checkRole(
  caller: Caller | null,
  role: "viewer" | "admin",
): asserts caller is Caller {
  if (caller === null) throw notLoggedIn();
  if (includesRole(caller.role, role)) return;
  const detail = `this needs the role ${role}; ${caller.name} is a ` +
    caller.role;
  throw new AdminRefusal(403, "role-missing", detail);
}

/** Returns what `request`, GET or HEAD, gets of the answer to GET. */
function readOf({ method }: Request, response: Response): Response {
  if (method !== "HEAD") return response;
  // An event stream without a reader would never end.
  void response.body?.cancel();
  return new Response(null, response);
}

function responseOf(answer: RouteAnswer): Response {
  if (answer instanceof Response) return answer;
  if (answer === undefined) return new Response(null, { status: 204 });
  const text = answer instanceof JsonText
    ? answer.text
    : JSON.stringify(answer);
  return new Response(text, {
    headers: { "content-type": "application/json" },
  });
}
