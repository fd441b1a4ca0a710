import { CodedError } from "../../errors/mod.ts";
import type { Clock } from "../../clock/mod.ts";

/** A request. */
export interface WebRequest {
  /** Begins with `http://` or `https://`. */
  readonly url: string;
  /** Sent as JSON by POST; undefined asks by GET. */
  readonly body?: string;
  /** The header `Authorization`; "" sends none. */
  readonly authorization?: string;
  /** Milliseconds that the whole answer may take. */
  readonly timeout: number;
  /** Bytes of the largest answer that is taken. */
  readonly largest: number;
}

/** Answer of a server, of any status. */
export interface WebAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The body. */
  readonly text: string;
}

/** A server could not be asked, or gave no answer that can be read. */
export class WebError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "web-server-failing";
  /** `url` of the server and what is `wrong`; neither holds a secret. */
  constructor(url: string, wrong: string, cause?: unknown) {
    super(`${withoutSecrets(url)} ${wrong}`, { cause });
    this.name = "WebError";
  }
}

/**
 * Asks a web server. Rejects with `WebError` when no whole answer comes in
 * time. It is not followed elsewhere: who is asked is what the settings name.
 */
export async function ask(
  request: WebRequest,
  clock: Clock,
): Promise<WebAnswer> {
  const { url, body, authorization = "", timeout, largest } = request;
  const late = new AbortController();
  const cancel = clock.after(timeout, () => late.abort());
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (authorization !== "") headers["authorization"] = authorization;
  try {
    const response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body,
      redirect: "manual",
      signal: late.signal,
    });
    const text = await readText(response, largest);
    if (text === null) {
      throw new WebError(url, `answered more than ${largest} bytes`);
    }
    return { status: response.status, text };
  } catch (error) {
    if (error instanceof WebError) throw error;
    const wrong = late.signal.aborted
      ? `did not answer within ${timeout} ms`
      : `could not be asked: ${messageOf(error)}`;
    throw new WebError(url, wrong, error);
  } finally {
    cancel();
  }
}

/**
 * Returns the body; null when it is larger, and then the rest is left unread.
 */
async function readText(
  response: Response,
  largest: number,
): Promise<string | null> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > largest) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Returns `url` without name, password and query: each may be a secret. */
function withoutSecrets(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null
    ? "an address that cannot be read"
    : `${parsed.origin}${parsed.pathname}`;
}

/** Errors of a connection repeat the whole address, secrets and all. */
function messageOf(error: unknown): string {
  const inner = (error as Error).cause;
  const { message } = inner instanceof Error ? inner : error as Error;
  return message.replace(/ ?\(?https?:\/\/\S+\)?/g, "");
}
