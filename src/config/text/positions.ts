import type { Path } from "./problem.ts";

/** A place in a text; both count from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

interface Offsets {
  readonly key: number;
  readonly value: number;
}

/**
 * Finds where each key and value of a TOML document stands. The text must
 * already have been parsed without error: what is not TOML is skipped.
 */
export class Positions {
  readonly #text: string;
  readonly #offsets = new Map<string, Offsets>();
  /** Number of tables `[[name]]` so far, by the path of `name`. */
  readonly #tables = new Map<string, number>();
  #at = 0;

  /** `text` is a valid TOML document. */
  constructor(text: string) {
    this.#text = text;
    let table: Path = [];
    for (this.#skipBlank(); this.#at < text.length; this.#skipBlank()) {
      if (text[this.#at] === "[") table = this.#header();
      else this.#keyValue(table);
    }
  }

  /** Of the value at `path`, or of the innermost table around it. */
  value(path: Path): Position {
    return this.#find(path, "value");
  }

  /** Of the key at the end of `path`, or of the innermost table around it. */
  key(path: Path): Position {
    return this.#find(path, "key");
  }

  #find(path: Path, part: keyof Offsets): Position {
    for (let length = path.length; length > 0; length--) {
      const found = this.#offsets.get(JSON.stringify(path.slice(0, length)));
      if (found !== undefined) return this.#position(found[part]);
    }
    return { line: 1, column: 1 };
  }

  #position(offset: number): Position {
    let line = 1;
    let start = 0;
    for (;;) {
      const end = this.#text.indexOf("\n", start);
      if (end < 0 || end >= offset) return { line, column: offset - start + 1 };
      line++;
      start = end + 1;
    }
  }

  /** Notes a path once: the first mention of a table is where it stands. */
  #note(path: Path, key: number, value: number): void {
    const name = JSON.stringify(path);
    if (!this.#offsets.has(name)) this.#offsets.set(name, { key, value });
  }

  /** `[a.b]` or `[[a.b]]`; returns the path of the table it begins. */
  #header(): Path {
    const start = this.#at;
    const isArray = this.#text[this.#at + 1] === "[";
    this.#at += isArray ? 2 : 1;
    const keys = this.#keys();
    let path: Path = [];
    keys.forEach((part, index) => {
      path = [...path, part.name];
      const name = JSON.stringify(path);
      const count = this.#tables.get(name);
      const begins = isArray && index === keys.length - 1;
      this.#note(path, part.at, start);
      if (begins) this.#tables.set(name, (count ?? 0) + 1);
      if (begins) path = [...path, count ?? 0];
      // `[a.b]` after `[[a]]` means the b of the latest a.
      else if (count !== undefined) path = [...path, count - 1];
      this.#note(path, part.at, start);
    });
    while (this.#text[this.#at] === "]") this.#at++;
    return path;
  }

  #keyValue(table: Path): void {
    const begin = this.#at;
    let path = table;
    const keys = this.#keys();
    this.#skipSpace();
    if (this.#text[this.#at] === "=") this.#at++;
    this.#skipSpace();
    for (const part of keys) {
      path = [...path, part.name];
      this.#note(path, part.at, this.#at);
    }
    this.#value(path);
    if (this.#at === begin) this.#at++;
  }

  /** Keys with dots between them: `a."b.c".d`. */
  #keys(): { name: string; at: number }[] {
    const keys = [];
    for (;;) {
      this.#skipSpace();
      const at = this.#at;
      const quote = this.#text[at];
      let name: string;
      if (quote === '"' || quote === "'") {
        this.#skipString();
        const raw = this.#text.slice(at, this.#at);
        name = quote === '"' ? unescaped(raw) : raw.slice(1, -1);
      } else {
        while (/[\w-]/.test(this.#text[this.#at] ?? "")) this.#at++;
        name = this.#text.slice(at, this.#at);
      }
      keys.push({ name, at });
      this.#skipSpace();
      if (this.#text[this.#at] !== ".") return keys;
      this.#at++;
    }
  }

  #value(path: Path): void {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") return this.#skipString();
    if (first === "[") return this.#array(path);
    if (first === "{") return this.#inlineTable(path);
    while (!/[,\]}#\n]|^$/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #array(path: Path): void {
    this.#at++;
    for (let index = 0;; index++) {
      this.#skipBlank();
      if (this.#text[this.#at] === ",") this.#at++;
      this.#skipBlank();
      if (this.#at >= this.#text.length) return;
      if (this.#text[this.#at] === "]") break;
      const item = [...path, index];
      this.#note(item, this.#at, this.#at);
      this.#value(item);
    }
    this.#at++;
  }

  #inlineTable(path: Path): void {
    this.#at++;
    for (;;) {
      this.#skipBlank();
      if (this.#text[this.#at] === ",") this.#at++;
      this.#skipBlank();
      if (this.#at >= this.#text.length) return;
      if (this.#text[this.#at] === "}") break;
      this.#keyValue(path);
    }
    this.#at++;
  }

  #skipString(): void {
    const quote = this.#text[this.#at];
    const triple = quote.repeat(3);
    const isLong = this.#text.startsWith(triple, this.#at);
    const end = isLong ? triple : quote;
    this.#at += end.length;
    while (this.#at < this.#text.length) {
      if (quote === '"' && this.#text[this.#at] === "\\") this.#at += 2;
      else if (this.#text.startsWith(end, this.#at)) break;
      else this.#at++;
    }
    this.#at += end.length;
    // A long string may end in up to two quotes of its own.
    while (isLong && this.#text[this.#at] === quote) this.#at++;
  }

  #skipSpace(): void {
    while (/[ \t]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  /** Spaces, line ends and comments. */
  #skipBlank(): void {
    for (;;) {
      while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
      if (this.#text[this.#at] !== "#") return;
      const end = this.#text.indexOf("\n", this.#at);
      this.#at = end < 0 ? this.#text.length : end;
    }
  }
}

/**
 * Returns a quoted key without its quotes; TOML's common escapes are JSON's
 * too.
 */
function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted);
  } catch {
    return quoted.slice(1, -1);
  }
}
