import { AdminRefusal } from "../../protocol/mod.ts";

/** One field of a request that its schema refuses. */
export interface FieldFault {
  /** `body.messages.0.topic`. */
  readonly field: string;
  readonly message: string;
}

/** Titles of problems: the phrases of HTTP (RFC 9110, 15). */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  507: "Insufficient Storage",
};

/** A request whose fields its schema refuses. */
export class InvalidRequest extends AdminRefusal {
  /** At least one. */
  readonly faults: readonly FieldFault[];

  /** `faults`: at least one. */
  constructor(faults: readonly FieldFault[]) {
    const [{ field, message }] = faults;
    super(400, "invalid-request", `${field}: ${message}`);
    this.faults = faults;
  }
}

/** A request that may come again after some time. */
export class TooManyRequests extends AdminRefusal {
  /** In ms. */
  readonly wait: number;

  /** `wait` in ms. */
  constructor(code: string, wait: number, detail: string) {
    super(429, code, detail);
    this.wait = wait;
  }
}

/** Returns the answer to a refused request, as RFC 9457 has it. */
export function problemOf(refusal: AdminRefusal): Response {
  const { status, code, detail } = refusal;
  const title = TITLES[status] ?? "Error";
  const problem: Record<string, unknown> = {
    ...{ type: "about:blank", title, status, code, detail },
  };
  if (refusal instanceof InvalidRequest) problem.errors = refusal.faults;
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (status === 401) headers.set("www-authenticate", "Bearer");
  if (refusal instanceof TooManyRequests) {
    headers.set("retry-after", String(Math.ceil(refusal.wait / 1000)));
  }
  return new Response(`${JSON.stringify(problem)}\n`, { status, headers });
}
