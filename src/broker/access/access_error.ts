/** A fault that keeps access from being opened; the message says where. */
export class AccessError extends Error {
  override readonly name = "AccessError";
}

/**
 * Returns the error to report for `error`, which `where` caused. A mistake in
 * Dunlin itself stays as it is, with its stack.
 */
export function accessError(where: string, error: unknown): unknown {
  const isOurs = error instanceof TypeError || error instanceof ReferenceError;
  if (isOurs || !(error instanceof Error)) return error;
  return new AccessError(`${where}: ${error.message}`, { cause: error });
}
