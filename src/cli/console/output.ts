import { shownLines, shownText, withoutControls } from "./shown_text.ts";

const encoder = new TextEncoder();

/** The colours of a terminal that tables use. */
export type Colour = keyof typeof COLOURS;

const COLOURS = {
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  cyan: 36,
  grey: 90,
};

/** A part of a line, and its colour on a terminal. */
export interface Painted {
  readonly text: string;
  readonly colour?: Colour;
}

/** Output of a command; tests give their own. */
export interface Output {
  /** Writes a result; control characters become "?". Never throws. */
  readonly out: (text: string) => void;
  /** Writes an error; what steers a terminal becomes "?". Never throws. */
  readonly err: (text: string) => void;
  /**
   * Writes a line of a result, in colours where it goes to a terminal. Control
   * characters and line ends in it become "?". Never throws.
   */
  readonly paint?: (line: readonly Painted[]) => void;
  /**
   * Steers the terminal that `err` leads to, with text of our own alone. Never
   * throws; missing where that is no terminal.
   */
  readonly steer?: (text: string) => void;
}

/** A stream of the runtime. */
interface SyncStream {
  writeSync(bytes: Uint8Array): number;
}

/** From one attempt to the next at a full pipe that does not block (ms). */
const PAUSE = 5;

/** Returns what failed, or null. */
function writeAll(stream: SyncStream, text: string): Error | null {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(stream.writeSync(bytes));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) return error as Error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
  return null;
}

/**
 * Writes to `stdout` and `stderr`, and waits for their readers. An error never
 * ends a command half-way: `failure` has the first of `stdout` for its end.
 */
export class CommandOutput implements Output {
  readonly #stdout: SyncStream;
  readonly #stderr: SyncStream;
  readonly #isColoured: boolean;
  readonly steer?: (text: string) => void;
  #failure: Error | null = null;

  /** `isTerminal` says of `stderr` whether it is one, `isColoured` of `stdout`. */
  constructor(
    stdout: SyncStream,
    stderr: SyncStream,
    isTerminal: boolean,
    isColoured = false,
  ) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#isColoured = isColoured;
    if (isTerminal) this.steer = (text) => void writeAll(stderr, text);
  }

  readonly out = (text: string): void => {
    // After one text that is missing, the next would be out of its place.
    this.#failure ??= writeAll(this.#stdout, withoutControls(text));
  };

  readonly paint = (line: readonly Painted[]): void => {
    const text = line.map(({ text, colour }) => {
      const shown = shownText(text);
      return this.#isColoured && colour !== undefined
        ? `\x1b[${COLOURS[colour]}m${shown}\x1b[0m`
        : shown;
    }).join("");
    this.#failure ??= writeAll(this.#stdout, `${text}\n`);
  };

  readonly err = (text: string): void => {
    writeAll(this.#stderr, shownLines(text));
  };

  /**
   * Why a result could not be written, for a person; null when all was, or
   * when the reader wanted no more (`dunlin check --print | head`).
   */
  get failure(): string | null {
    const failure = this.#failure;
    if (failure === null || failure instanceof Deno.errors.BrokenPipe) {
      return null;
    }
    return `cannot write to standard output: ${failure.message}`;
  }
}
