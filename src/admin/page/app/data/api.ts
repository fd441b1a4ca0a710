/// <reference lib="dom" />
import { type Signal, signal } from "@preact/signals";

/** A logged-in user. */
export interface Session {
  /** As in the log: `user alice`. */
  readonly name: string;
  readonly user: string | null;
  readonly role: "viewer" | "admin";
  /** The secret of changes. */
  readonly csrf: string | null;
}

/** A request that the broker refused, or that did not reach it. */
export class Problem extends Error {
  /** HTTP status; 0 without an answer. */
  readonly status: number;

  /** `detail` says what is wrong, and what to do. */
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** The session; null without a login. */
export const session: Signal<Session | null> = signal(null);

/** Why the login form is shown; empty at first. */
export const loginNotice: Signal<string> = signal("");

/** Members of a query; undefined and empty ones are left out. */
export type Query = Readonly<
  Record<string, string | number | boolean | undefined>
>;

/** Returns whether the user may change something. */
export function isAdmin(): boolean {
  return session.value?.role === "admin";
}

/** Reads `path` below `api/v1/`. Rejects with `Problem`. */
export async function get<Answer>(
  path: string,
  query: Query = {},
  signal?: AbortSignal,
): Promise<Answer> {
  return await request(path + queryText(query), { signal }) as Answer;
}

/** Sends a change. Rejects with `Problem`. */
export async function send<Answer>(
  method: "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Answer> {
  const headers: Record<string, string> = {};
  const csrf = session.value?.csrf ?? null;
  if (csrf !== null) headers["x-csrf-token"] = csrf;
  if (body !== undefined) headers["content-type"] = "application/json";
  return await request(path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  }) as Answer;
}

/** Logs in. Rejects with `Problem`. */
export async function logIn(user: string, password: string): Promise<void> {
  const body = { user, password };
  session.value = await send<Session>("POST", "session", body);
  loginNotice.value = "";
}

/** Logs out; the page shows the form also when the broker is away. */
export async function logOut(): Promise<void> {
  try {
    await send("DELETE", "session");
  } finally {
    session.value = null;
    loginNotice.value = "You are logged out.";
  }
}

/** Takes the session that the broker has written into the page. */
export function beginSession(): void {
  const meta = document.querySelector<HTMLMetaElement>("meta[name=session]")!;
  session.value = meta.content === "" ? null : JSON.parse(meta.content);
}

/** Looks whether the login still holds. */
export async function readSession(): Promise<void> {
  try {
    session.value = await get<Session>("session");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    session.value = null;
    if (error.status !== 401) loginNotice.value = error.message;
  }
}

const ENDED = "The login has ended: log in again.";

async function request(path: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`api/v1/${path}`, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Problem(0, "The broker does not answer. Is it running?");
  }
  if (response.ok) {
    return response.status === 204 ? undefined : await response.json();
  }
  const detail = await detailOf(response);
  if (response.status === 401 && session.value) {
    session.value = null;
    loginNotice.value = ENDED;
  }
  throw new Problem(response.status, detail);
}

/** Returns the text of a problem (RFC 9457). */
async function detailOf(response: Response): Promise<string> {
  const otherwise = `The broker answered ${response.status}.`;
  try {
    const { detail, title } = await response.json();
    const text = String(detail ?? title ?? otherwise);
    return text[0].toUpperCase() + text.slice(1) +
      (/[.!?]$/.test(text) ? "" : ".");
  } catch {
    return otherwise;
  }
}

/** Returns a query with its question mark; empty for none. */
export function queryText(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}
