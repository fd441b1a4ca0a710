import type { Clock } from "../../clock/mod.ts";
import { AdminFileError } from "../credentials/mod.ts";
import { AdminRefusal } from "../protocol/mod.ts";
import { callerOf, type CallerParts, checkSite } from "./callers/caller.ts";
import type { groupApp } from "./group_app.ts";
import { notLoggedIn } from "./http/not_logged_in.ts";
import { groups } from "./groups.ts";
import { healthOf } from "./health.ts";
import { checkHost } from "./http/host_check.ts";
import { problemOf, TooManyRequests } from "./http/problem.ts";
import { metricsOf, type MetricsParts } from "./metrics.ts";
import { readJson } from "./http/request_body.ts";
import type { RouteParts } from "./route.ts";

/** Requests at work at a time: neither event streams nor bodies under way. */
const MOST = 64;

/** The same fault is logged once in this time (ms). */
const MINUTE = 60_000;

/** Parts of an `AdminApp`. */
export interface AdminAppParts extends Omit<RouteParts, "callerOf"> {
  readonly callers: CallerParts;
  readonly clock: Clock;
  /** Address that the page is served at. */
  readonly bind: () => string;
  /** Host names of requests, besides those of this machine. */
  readonly hostNames: () => readonly string[];
  /** Readers and names of `/metrics`. */
  readonly metrics: () => MetricsParts["settings"];
}

const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  [
    "content-security-policy",
    "default-src 'self'; base-uri 'none'; form-action 'self'; " +
    "frame-ancestors 'none'; object-src 'none'; img-src 'self' data:",
  ],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["permissions-policy", "camera=(), geolocation=(), microphone=()"],
  ["referrer-policy", "no-referrer"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
];

/** Answers all requests of the admin page. */
export class AdminApp {
  readonly #parts: AdminAppParts;
  readonly #routeParts: RouteParts;
  readonly #apps = new Map<string, Promise<ReturnType<typeof groupApp>>>();
  #document: Promise<string> | null = null;
  #running = 0;
  #lastFault = "";
  #lastFaultAt = -Infinity;

  constructor(parts: AdminAppParts) {
    this.#parts = parts;
    this.#routeParts = {
      ...parts,
      callerOf: (request) => callerOf(request, parts.callers),
    };
  }

  /** Answers `request` of the peer `from`, an IP address. Never rejects. */
  async answer(request: Request, from: string): Promise<Response> {
    this.#running++;
    let response: Response;
    try {
      if (this.#running > MOST) {
        throw new AdminRefusal(503, "busy", "too many requests at once");
      }
      if (URL.parse(request.url) === null) {
        const detail = "the Host header has no valid host name and port";
        throw new AdminRefusal(400, "host-invalid", detail);
      }
      const { bind, hostNames } = this.#parts;
      checkHost(request, bind(), hostNames());
      response = await this.#route(request, from);
    } catch (error) {
      response = this.#failed(error);
    }
    this.#running--;
    const { headers } = response;
    for (const [name, value] of SECURITY_HEADERS) headers.set(name, value);
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
    return response;
  }

  #failed(error: unknown): Response {
    if (error instanceof AdminRefusal) return problemOf(error);
    const isSaid = error instanceof AdminFileError;
    const code = isSaid ? error.code : "internal-error";
    const text = !(error instanceof Error)
      ? String(error)
      : isSaid
      ? error.message
      : error.stack ?? error.message;
    const { broker, clock } = this.#parts;
    // Peers without a login must not fill the log.
    const now = clock.now();
    if (text !== this.#lastFault || now - this.#lastFaultAt >= MINUTE) {
      this.#lastFault = text;
      this.#lastFaultAt = now;
      const fields = { client: null, code, error: text };
      broker.note({ level: "error", event: "failed", fields });
    }
    const detail = isSaid
      ? "the file of users cannot be used: the broker's log has more"
      : "an error of the broker itself: its log has more";
    return problemOf(new AdminRefusal(isSaid ? 503 : 500, code, detail));
  }

  async #route(request: Request, from: string): Promise<Response> {
    const { pathname } = new URL(request.url);
    const [, first, second, third] = pathname.split("/");
    switch (first) {
      case "api":
        return second === "v1"
          ? await this.#api(third, request, from)
          : await this.#openApi(pathname, request);
      case "health":
        checkReads(request);
        return healthOf(pathname, this.#parts.broker);
      case "metrics": {
        if (pathname !== "/metrics") break;
        checkReads(request);
        const { broker, metrics } = this.#parts;
        const { callerOf } = this.#routeParts;
        const parts = { broker, settings: metrics(), callerOf };
        return await metricsOf(request, from, parts);
      }
      case "login":
        return await this.#login(request, from);
    }
    checkReads(request);
    return await this.#page(pathname, request);
  }

  /** Serves the group of routes named `name`. */
  async #api(name: string, request: Request, from: string): Promise<Response> {
    const caller = await this.#routeParts.callerOf(request);
    if (caller === null && name !== "session") throw notLoggedIn();
    if (!Object.hasOwn(groups, name)) {
      const detail = "there is no such path: see api/openapi.json";
      throw new AdminRefusal(404, "no-such-path", detail);
    }
    let app = this.#apps.get(name);
    if (app === undefined) {
      app = this.#load(name);
      this.#apps.set(name, app);
    }
    const readBody = (request: Request, largest: number) =>
      this.#readBody(request, largest);
    return await (await app).fetch(request, { caller, from, readBody });
  }

  /** Reads a body; slow ones keep no other request waiting. */
  async #readBody(request: Request, largest: number): Promise<unknown> {
    this.#running--;
    try {
      return await readJson(request, largest, this.#parts.clock);
    } finally {
      this.#running++;
    }
  }

  async #load(name: string): Promise<ReturnType<typeof groupApp>> {
    const { groupApp } = await import("./group_app.ts");
    return groupApp(await groups[name](), this.#routeParts);
  }

  async #openApi(pathname: string, request: Request): Promise<Response> {
    if (await this.#routeParts.callerOf(request) === null) throw notLoggedIn();
    if (pathname !== "/api/openapi.json") {
      const detail = "there is no such path: see api/openapi.json";
      throw new AdminRefusal(404, "no-such-path", detail);
    }
    checkReads(request);
    const document = this.#document ??= makeDocument();
    return new Response(await document, {
      headers: { "content-type": "application/json" },
    });
  }

  /** Returns a file of the page, which its first request loads. */
  async #page(
    pathname: string,
    request: Request,
    status = 200,
  ): Promise<Response> {
    const { pageAnswer } = await import("./page_answer.ts");
    const caller = await this.#routeParts.callerOf(request);
    return await pageAnswer(pathname, { request, caller, status });
  }

  /** Logs in by a link, and goes on to the page. */
  async #login(request: Request, from: string): Promise<Response> {
    checkReads(request);
    const url = new URL(request.url);
    const link = url.searchParams.get("link");
    if (url.pathname !== "/login" || link === null) {
      throw new AdminRefusal(404, "no-such-path", "there is no such page");
    }
    // Programs that only look at a link must not use it up.
    if (request.method === "HEAD") return new Response(null);
    const { logins, broker } = this.#parts;
    const fields = { what: "GET /login", from };
    const note = (who: string, status: number) =>
      broker.note({
        level: "info",
        event: "admin",
        fields: { who, ...fields, status },
      });
    try {
      const { user, cookie } = await logins.byLink(link, from, request);
      note(`user ${user.name}`, 303);
      const headers = { location: "./", "set-cookie": cookie };
      return new Response(null, { status: 303, headers });
    } catch (error) {
      const isNoted = error instanceof AdminRefusal &&
        !(error instanceof TooManyRequests);
      if (isNoted) note("no login", error.status);
      const isBrowser = request.headers.get("accept")?.includes("text/html");
      // The page says why, and has the form to log in.
      if (error instanceof AdminRefusal && isBrowser) {
        return await this.#page("/", request, error.status);
      }
      throw error;
    }
  }
}

/** Throws 405 for a method that changes something. */
function checkReads(request: Request): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  checkSite(request);
  const detail = "this path has only GET, HEAD";
  throw new AdminRefusal(405, "method-not-allowed", detail);
}

async function makeDocument(): Promise<string> {
  const { openApiOf } = await import("./openapi.ts");
  const loaded = await Promise.all(
    Object.entries(groups).map(async ([name, load]) =>
      [name, await load()] as const
    ),
  );
  return `${JSON.stringify(openApiOf(loaded), null, 2)}\n`;
}
