/** Value of a setting. */
export type Value = string | number | boolean | readonly (string | number)[];

interface Entry {
  readonly value: Value;
  /** Line comments above it. */
  readonly notes: readonly string[];
  /** Its source; empty when no line set it. */
  readonly place: string;
}

/** A table of a TOML file as people write it: comments stay with their keys. */
export class TomlTable {
  readonly #header: string;
  readonly #entries = new Map<string, Entry>();
  readonly #comments: string[] = [];

  /** @param header With its brackets: `[limits]`, `[[listener]]`. */
  constructor(header: string) {
    this.#header = header;
  }

  /** Sets a key; what it was before is forgotten. */
  set(key: string, value: Value, place = "", note = ""): void {
    // Made anew, it stands where it was said last.
    this.#entries.delete(key);
    const notes = note === "" ? [] : [note];
    this.#entries.set(key, { value, notes, place });
  }

  /** Takes a key out again. */
  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Returns what a key was set to. */
  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** A comment behind the keys; may have several lines. */
  comment(text: string): void {
    this.#comments.push(...text.split("\n"));
  }

  /** Returns whether there is nothing to write. */
  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#comments.length === 0;
  }

  /** Returns its text; a table of comments alone is one that says nothing. */
  render(): string {
    const lines: string[] = [];
    for (const [key, { value, notes, place }] of this.#entries) {
      lines.push(...notes.map(comment));
      const behind = place === "" ? "" : `  ${comment(place)}`;
      lines.push(`${key} = ${tomlOf(value)}${behind}`);
    }
    lines.push(...this.#comments.map(comment));
    const header = this.#entries.size === 0 && this.#header.startsWith("[[")
      ? []
      : [this.#header];
    return [...header, ...lines].join("\n") + "\n";
  }
}

/** TOML has no control characters in comments. */
export function comment(text: string): string {
  // deno-lint-ignore no-control-regex
  return `# ${text.replace(/[\0-\x08\x0a-\x1f\x7f-\x9f]/g, "?")}`.trimEnd();
}

function tomlOf(value: Value): string {
  if (typeof value === "object") return `[${value.map(tomlOf).join(", ")}]`;
  if (typeof value !== "string") return String(value);
  // The settings read ${NAME} from the environment; $${ is ${ itself.
  const text = JSON.stringify(value.replaceAll("${", () => "$${"));
  return text.replaceAll(
    /[\x7f-\x9f]/g,
    (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
  );
}
