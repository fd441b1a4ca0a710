/** Why an address could not be listened on. */
export type ListenFailure =
  | "address in use"
  | "not permitted"
  | "address not available"
  | "bad address"
  | "other";

/** Listening failed; the message says what, where, and what to do about it. */
export class ListenError extends Error {
  /** Always `ListenError`. */
  override readonly name = "ListenError";
  /** What kind of failure it was. */
  readonly failure: ListenFailure;

  /** `cause` is what the system said when asked for `bind` and `port`. */
  constructor(bind: string, port: number, cause: unknown) {
    const failure = failureOf(cause);
    const where = bind.includes(":") ? `[${bind}]:${port}` : `${bind}:${port}`;
    super(`cannot listen on ${where}: ${reasonFor(failure, port, cause)}`, {
      cause,
    });
    this.failure = failure;
  }
}

function failureOf(cause: unknown): ListenFailure {
  if (cause instanceof Deno.errors.AddrInUse) return "address in use";
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return "address not available";
  }
  if (
    cause instanceof Deno.errors.PermissionDenied ||
    cause instanceof Deno.errors.NotCapable
  ) return "not permitted";
  if (cause instanceof RangeError || cause instanceof URIError) {
    return "bad address";
  }
  // A name that does not resolve comes without a class or a code of its own.
  const text = cause instanceof Error ? cause.message : "";
  return text.includes("lookup address") ? "bad address" : "other";
}

function reasonFor(
  failure: ListenFailure,
  port: number,
  cause: unknown,
): string {
  switch (failure) {
    case "address in use":
      return "another program listens there already; stop it, or choose another port";
    case "not permitted":
      return port > 0 && port < 1024
        ? "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE); grant it, or choose a higher port"
        : "the system does not permit it; check the rights this program runs with";
    case "address not available":
      return "this machine has no such address; bind one of its own, or 0.0.0.0 or :: for all";
    case "bad address":
      return "bind must be an IP address or a name that resolves, port a number from 0 to 65535";
    case "other":
      return cause instanceof Error ? cause.message : String(cause);
  }
}
