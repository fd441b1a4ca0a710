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

/** Returns a message; `body` is made JSON. */
export function pack(words: readonly string[], body: unknown): string {
  return `${words.join(" ")}\n${JSON.stringify(body ?? null)}`;
}

/** Reads a message. */
export function unpack(text: string): Parcel {
  const end = text.indexOf("\n");
  return { words: text.slice(0, end).split(" "), body: text.slice(end + 1) };
}
