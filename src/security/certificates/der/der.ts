/** Bytes that are no DER, or another structure than was looked for. */
export class DerError extends Error {}

/** Tags of ASN.1 that certificates and revocation lists are made of. */
export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  Oid: 0x06,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  Sequence: 0x30,
  Set: 0x31,
} as const;

/** One element: views into the bytes it was read from. */
export interface DerElement {
  /** The first byte; tags above 30 do not occur here. */
  readonly tag: number;
  /** Its content. */
  readonly content: Uint8Array;
  /** Itself, with tag and length. */
  readonly whole: Uint8Array;
}

/** Reads elements one after the other; throws nothing but `DerError`. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Returns whether all has been read. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The tag of the next element; -1 at the end. */
  get nextTag(): number {
    return this.isAtEnd ? -1 : this.#bytes[this.#at];
  }

  /** Returns the next element, which must have `tag` where one is given. */
  next(tag?: number): DerElement {
    const start = this.#at;
    if (start + 2 > this.#bytes.length) throw new DerError("it is cut off");
    const first = this.#bytes[start];
    if (tag !== undefined && first !== tag) {
      throw new DerError(`tag ${first} where ${tag} belongs`);
    }
    const { length, begin } = this.#length(start + 1);
    const end = begin + length;
    if (end > this.#bytes.length) throw new DerError("it is cut off");
    this.#at = end;
    return {
      tag: first,
      content: this.#bytes.subarray(begin, end),
      whole: this.#bytes.subarray(start, end),
    };
  }

  /** The next element if it has `tag`; else null, and nothing is read. */
  optional(tag: number): DerElement | null {
    return this.nextTag === tag ? this.next() : null;
  }

  /**
   * Returns a reader for what the next element holds, which must have `tag`.
   */
  inside(tag: number = Tag.Sequence): DerReader {
    return new DerReader(this.next(tag).content);
  }

  /** Lengths in the short form or with up to four bytes (X.690, 8.1.3). */
  #length(at: number): { length: number; begin: number } {
    const first = this.#bytes[at];
    if (first < 0x80) return { length: first, begin: at + 1 };
    const count = first & 0x7f;
    if (count === 0 || count > 4 || at + count >= this.#bytes.length) {
      throw new DerError("a length makes no sense");
    }
    let length = 0;
    for (let index = 1; index <= count; index++) {
      length = length * 256 + this.#bytes[at + index];
    }
    return { length, begin: at + 1 + count };
  }
}

/** Returns an object identifier in dotted form. */
export function readOid(content: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    if (number > 2 ** 40) throw new DerError("an identifier is too long");
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...rest].join(".");
}

/** Returns a time (RFC 5280, 4.1.2.5) in ms since 1970. */
export function readTime({ tag, content }: DerElement): number {
  let text = String.fromCharCode(...content.subarray(0, 16));
  if (tag === Tag.UtcTime) text = (text < "50" ? "20" : "19") + text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) throw new DerError("a time makes no sense");
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const date = new Date(0);
  // Not `Date.UTC`, which takes the years below 100 for 19xx.
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second);
}
