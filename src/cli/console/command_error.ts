/** A mistake in what a command was told, or a file that it cannot use. */
export class CommandError extends Error {
  /** `message` says what to do about it. */
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "CommandError";
  }
}
