/**
 * A message between the two threads, one string: words, a line end, JSON. The
 * receiver reads the words; it can pass the JSON on without reading it. Strings
 * cost a tenth of what objects cost between threads.
 */
export interface Parcel {
  /** At least one; none has a space or a line end. */
  readonly words: readonly string[];
  /** JSON. */
  readonly body: string;
}

/** A result that is JSON already: long lists are printed in turns. */
export class PrintedJson {
  /** JSON, without a line end. */
  readonly text: string;

  /** `text` is JSON. */
  constructor(text: string) {
    this.text = text;
  }
}

/** Returns a message; `body` is made JSON. */
export function pack(words: readonly string[], body: unknown): string {
  const text = body instanceof PrintedJson
    ? body.text
    : JSON.stringify(body ?? null);
  return `${words.join(" ")}\n${text}`;
}

/** Reads a message. */
export function unpack(text: string): Parcel {
  const end = text.indexOf("\n");
  return { words: text.slice(0, end).split(" "), body: text.slice(end + 1) };
}
