import { dirname } from "node:path";
import { CodedError } from "../../errors/mod.ts";
import { hostAndPort } from "../../network/mod.ts";

/** Kinds of failures to listen; codes of errors. */
export type ListenFailure =
  | "address-in-use"
  | "listen-not-permitted"
  | "address-not-available"
  | "bad-address"
  | "not-a-socket"
  | "listen-failed";

/** A failure to listen; the message has the place, the cause and the remedy. */
export class ListenError extends CodedError {
  /** Always `ListenError`. */
  override readonly name = "ListenError";
  /** The kind of the failure. */
  readonly code: ListenFailure;

  private constructor(
    where: string,
    reason: string,
    code: ListenFailure,
    cause: unknown,
  ) {
    super(`cannot listen on ${where}: ${reason}`, { cause });
    this.code = code;
  }

  /** `cause` is the system's error for `bind` and `port`. */
  static of(bind: string, port: number, cause: unknown): ListenError {
    const failure = failureOf(cause);
    const reason = reasonFor(failure, port, cause);
    return new ListenError(hostAndPort(bind, port), reason, failure, cause);
  }

  /** Returns the error of a socket file; `"no socket"`: the file is no socket. */
  static ofFile(path: string, cause: unknown): ListenError {
    const failure = cause === "no socket" ? "not-a-socket" : failureOf(cause);
    const reason = reasonForFile(path, failure, cause);
    return new ListenError(path, reason, failure, cause);
  }
}

/** Error codes of `node:net`, whose failures have no classes. */
const FAILURE_OF_CODE: Readonly<Record<string, ListenFailure>> = {
  EADDRINUSE: "address-in-use",
  EADDRNOTAVAIL: "address-not-available",
  // The runtime's code for the same, when it binds for Node.
  EINVAL: "address-not-available",
  EACCES: "listen-not-permitted",
  EPERM: "listen-not-permitted",
  ENOTFOUND: "bad-address",
  EAI_AGAIN: "bad-address",
  ERR_SOCKET_BAD_PORT: "bad-address",
};

function failureOf(cause: unknown): ListenFailure {
  if (cause instanceof Deno.errors.AddrInUse) return "address-in-use";
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return "address-not-available";
  }
  if (
    cause instanceof Deno.errors.PermissionDenied ||
    cause instanceof Deno.errors.NotCapable
  ) return "listen-not-permitted";
  const { code } = cause as { code?: unknown };
  if (typeof code === "string" && code in FAILURE_OF_CODE) {
    return FAILURE_OF_CODE[code];
  }
  if (cause instanceof RangeError || cause instanceof URIError) {
    return "bad-address";
  }
  // The error of a name that does not resolve has neither class nor code.
  const text = cause instanceof Error ? cause.message : "";
  return text.includes("lookup address") ? "bad-address" : "listen-failed";
}

function reasonFor(
  failure: ListenFailure,
  port: number,
  cause: unknown,
): string {
  switch (failure) {
    case "address-in-use":
      return "another program listens there already; stop it, or choose another port";
    case "listen-not-permitted":
      if (cause instanceof Deno.errors.NotCapable) {
        return "Deno denies Dunlin the network; start it with -A: deno run -A main.ts";
      }
      return port > 0 && port < 1024
        ? "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE); grant it, or choose a higher port"
        : "the system does not permit it; check the rights this program runs with";
    case "address-not-available":
      return "this machine has no such address; bind one of its own, or 0.0.0.0 or :: for all";
    case "bad-address":
      return "bind must be an IP address or a name that resolves, port a number from 0 to 65535";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

function reasonForFile(
  path: string,
  failure: ListenFailure,
  cause: unknown,
): string {
  switch (failure) {
    case "address-in-use":
      return "another program listens there already; stop it, or choose another file";
    case "not-a-socket":
      return "the file is no socket; remove it, or choose another one";
    case "listen-not-permitted":
      if (cause instanceof Deno.errors.NotCapable) {
        return `Deno denies Dunlin the network address unix:${path}; start it with -A: deno run -A main.ts`;
      }
      return "this user may not use or make it; check the rights of the file and its folder";
    default: {
      const text = cause instanceof Error ? cause.message : String(cause);
      return cause instanceof Deno.errors.NotFound
        ? `its folder does not exist; mkdir -p ${
          dirname(path)
        }, or choose another one`
        : `${text}; choose another file`;
    }
  }
}
