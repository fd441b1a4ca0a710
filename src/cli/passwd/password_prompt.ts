import { CommandError } from "../console/command_error.ts";
import type { Output } from "../console/output.ts";

/** The longest password of a CONNECT, in bytes (MQTT 5.0, 1.5.6). */
const LONGEST = 65_535;

/** Source of passwords: terminal or standard input; tests give their own. */
export interface Keyboard {
  /** Returns whether a person types there. */
  isTerminal(): boolean;
  /** Sets whether keys arrive as they are pressed, and are not shown. */
  setRaw(isRaw: boolean): void;
  /** As `Deno.stdin.read`. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Standard input. */
export const keyboard: Keyboard = Deno.stdin;

/** Keys that mean something here, as a raw terminal tells them. */
const Key = {
  Interrupt: 0x03,
  EndOfFile: 0x04,
  Backspace: 0x08,
  Newline: 0x0a,
  Return: 0x0d,
  EraseLine: 0x15,
  Delete: 0x7f,
} as const;

/**
 * Passwords that a person types, none of whose letters are shown. Ask one after
 * the other: what is typed ahead belongs to the next.
 */
export class PasswordPrompt {
  readonly #keyboard: Keyboard;
  readonly #output: Output;
  #ahead: number[] = [];

  constructor(keyboard: Keyboard, output: Output) {
    this.#keyboard = keyboard;
    this.#output = output;
  }

  /** Resolves to what is typed up to Return. Rejects with `CommandError`. */
  async ask(question: string): Promise<Uint8Array<ArrayBuffer>> {
    this.#output.err(question);
    this.#keyboard.setRaw(true);
    try {
      return await this.#line();
    } finally {
      this.#keyboard.setRaw(false);
      this.#output.err("\n");
    }
  }

  async #line(): Promise<Uint8Array<ArrayBuffer>> {
    let typed: number[] = [];
    for (;;) {
      const key = this.#ahead.shift() ?? await this.#key();
      switch (key) {
        case null:
        case Key.Interrupt:
        case Key.EndOfFile:
          throw new CommandError("no password was given: nothing is changed");
        case Key.Newline:
        case Key.Return:
          return Uint8Array.from(typed);
        case Key.Backspace:
        case Key.Delete:
          typed = withoutLast(typed);
          break;
        case Key.EraseLine:
          typed = [];
          break;
        default:
          if (typed.length < LONGEST) typed.push(key);
      }
    }
  }

  async #key(): Promise<number | null> {
    const buffer = new Uint8Array(256);
    const count = await this.#keyboard.read(buffer);
    if (count === null) return null;
    const [first, ...ahead] = buffer.subarray(0, count);
    this.#ahead = ahead;
    return first;
  }
}

/** A letter may be several bytes of UTF-8: those but the first begin with 10. */
function withoutLast(typed: readonly number[]): number[] {
  let end = typed.length - 1;
  while (end > 0 && (typed[end] & 0xc0) === 0x80) end--;
  return typed.slice(0, Math.max(0, end));
}

/**
 * Returns the first line of standard input, without its end. Rejects with
 * `CommandError` when there is none, or it is longer than a password may be.
 */
export async function readFirstLine(
  keyboard: Keyboard,
): Promise<Uint8Array<ArrayBuffer>> {
  const line: number[] = [];
  const buffer = new Uint8Array(4096);
  for (;;) {
    const count = await keyboard.read(buffer);
    for (const byte of buffer.subarray(0, count ?? 0)) {
      if (byte === Key.Newline) return withoutReturn(line);
      line.push(byte);
    }
    if (count === null) return withoutReturn(line);
    if (line.length > LONGEST + 1) {
      throw new CommandError(
        `the password is longer than MQTT allows: ${LONGEST} bytes`,
      );
    }
  }
}

function withoutReturn(line: number[]): Uint8Array<ArrayBuffer> {
  if (line.at(-1) === Key.Return) line.pop();
  return Uint8Array.from(line);
}
