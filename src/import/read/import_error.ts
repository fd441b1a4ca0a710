/** A configuration that cannot be read; the message says which, and why. */
export class ImportError extends Error {
  /** `path` as it is named; `cause` is what the system said. */
  constructor(path: string, message: string, cause?: unknown) {
    super(`${path}: ${message}`, { cause });
    this.name = "ImportError";
  }
}

/** Returns what the system said about a file or a folder, in words. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "it may not be read by this user";
  }
  return `it cannot be read: ${(error as Error).message}`;
}
