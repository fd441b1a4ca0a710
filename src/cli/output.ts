const encoder = new TextEncoder();

/** Where a command writes to; tests give their own. */
export interface Output {
  /** Results; `text` is written as it is. */
  readonly out: (text: string) => void;
  /** Complaints; `text` is written as it is. */
  readonly err: (text: string) => void;
  /** Whether `err` leads to a terminal, where a line can be written anew. */
  readonly isTerminal?: boolean;
}

function writeAll(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
): void {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch (error) {
    // A reader that has gone (`dunlin check --print | head`) is no failure.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Standard output and standard error. */
export const terminal: Output = {
  out: (text) => writeAll(Deno.stdout, text),
  err: (text) => writeAll(Deno.stderr, text),
  isTerminal: Deno.stderr.isTerminal(),
};
