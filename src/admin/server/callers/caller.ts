import type {
  BrowserSessions,
  Credentials,
  Role,
} from "../../credentials/mod.ts";
import { AdminRefusal } from "../../protocol/mod.ts";

/** The header of the secret that each change by a browser has to bring. */
export const CSRF_HEADER = "x-csrf-token";

/** The sender of a request, with its rights. */
export interface Caller {
  /** As the audit lines have it: `user alice`, `token 7xk2m9qa (grafana)`. */
  readonly name: string;
  readonly role: Role;
  /** The session of a browser; null for a program with a token. */
  readonly session: {
    readonly user: string;
    readonly cookie: string;
    readonly csrf: string;
  } | null;
}

/** The parts that know callers. */
export interface CallerParts {
  readonly credentials: Credentials;
  readonly sessions: BrowserSessions;
  /** Name of the cookie; another one for each port of a machine. */
  readonly cookieName: () => string;
}

/**
 * Returns the caller of a request, or null for one without valid credentials.
 * A token counts before a cookie, also a wrong one.
 */
export async function callerOf(
  request: Request,
  { credentials, sessions, cookieName }: CallerParts,
): Promise<Caller | null> {
  const header = request.headers.get("authorization");
  if (header !== null) {
    const token = /^Bearer +([\w.~+/-]{1,200}=*) *$/i.exec(header)?.[1];
    if (token === undefined) return null;
    const principal = await credentials.byToken(token);
    return principal === null ? null : { ...principal, session: null };
  }
  const cookie = cookieOf(request, cookieName());
  if (cookie === null) return null;
  const session = sessions.get(cookie);
  if (session === null) return null;
  const user = await credentials.user(session.user);
  if (user === null || user.password !== session.password) {
    sessions.end(cookie);
    return null;
  }
  const { csrf } = session;
  return {
    name: `user ${user.name}`,
    role: user.role,
    session: { user: user.name, cookie, csrf },
  };
}

/** Returns what a caller may know of its session. */
export function sessionOf({ name, role, session }: Caller): {
  readonly user: string | null;
  readonly name: string;
  readonly role: Role;
  readonly csrf: string | null;
} {
  const user = session?.user ?? null;
  return { user, name, role, csrf: session?.csrf ?? null };
}

/** Returns the value of a cookie; null for none. */
function cookieOf(request: Request, name: string): string | null {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const at = part.indexOf("=");
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/**
 * Checks that no page of another site sends this change with the cookie of a
 * browser.
 *
 * @throws {AdminRefusal} 403 for a request without the session's secret.
 */
export function checkCsrf(request: Request, { session }: Caller): void {
  checkSite(request);
  if (session === null) return;
  if (isSame(request.headers.get(CSRF_HEADER) ?? "", session.csrf)) return;
  throw new AdminRefusal(
    403,
    "csrf-token-missing",
    `a change needs the header ${CSRF_HEADER} with the value of "csrf" in ` +
      "GET api/v1/session",
  );
}

/** Refuses what a page of another site sends; browsers say so themselves. */
export function checkSite(request: Request): void {
  const site = request.headers.get("sec-fetch-site") ?? "none";
  if (site === "same-origin" || site === "none") return;
  const detail = "a page of another site sent this request";
  throw new AdminRefusal(403, "cross-site-request", detail);
}

/** In a time that tells nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length && at < other.length; at++) {
    difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  }
  return difference === 0;
}
