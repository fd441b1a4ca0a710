/** Kinds of failed accepts. */
export type AcceptFailure = "peer-gone" | "shortage" | "other";

/**
 * Failures of a connection that ended while it waited to be accepted. The
 * runtime reports a reset one as `ENOTCONN`: it asks for the peer's address.
 */
const PEER_GONE = new Set(["ENOTCONN", "ECONNABORTED", "ECONNRESET"]);

/** Failures that repeat at once until the machine has resources again. */
const SHORTAGES = new Set(["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"]);

/** Classifies an error of `accept` by its code. */
export function acceptFailureOf(error: unknown): AcceptFailure {
  const code = codeOf(error);
  if (PEER_GONE.has(code)) return "peer-gone";
  return SHORTAGES.has(code) ? "shortage" : "other";
}

/** Returns the error of a shortage; its message has the remedy. */
export function shortageError(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const advice = code === "EMFILE"
    ? "raise the limit of open files (ulimit -n, LimitNOFILE) or lower max_connections"
    : code === "ENFILE"
    ? "raise the system's limit of open files (sysctl fs.file-max)"
    : "free memory on this machine or lower max_connections";
  return new Error(
    `cannot accept connections: ${text}; the listener tries again ten times ` +
      `a second. ${advice[0].toUpperCase()}${advice.slice(1)}`,
    { cause: error },
  );
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : "";
}
