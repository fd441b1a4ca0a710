const encoder = new TextEncoder();

/** The highest number that shifts keep positive. */
const SHIFT_MAX = 0x7fffffff;

/**
 * Gathers the bytes of one record. `clear` begins the next record in the same
 * buffer.
 */
export class RecordWriter {
  /** The gathered bytes, from 0 to `length`. */
  bytes: Uint8Array = new Uint8Array(1024);
  /** Bytes gathered. */
  length = 0;

  /** Begins the next record. */
  clear(): void {
    this.length = 0;
  }

  /** One byte. */
  uint8(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the low ones first. */
  varint(value: number): void {
    if (this.length + 8 > this.bytes.length) this.#grow(8);
    const { bytes } = this;
    let at = this.length;
    while (value > SHIFT_MAX) {
      bytes[at++] = value % 128 | 0x80;
      value = Math.floor(value / 128);
    }
    while (value >= 128) {
      bytes[at++] = value & 0x7f | 0x80;
      value >>>= 7;
    }
    bytes[at++] = value;
    this.length = at;
  }

  /** A whole number of either sign whose double is below 2^31. */
  signed(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** The length of `text` in UTF-8, and `text`. */
  text(text: string): void {
    const { length } = text;
    // A UTF-16 unit takes three bytes at most.
    const most = length * 3 + 8;
    if (this.length + most > this.bytes.length) this.#grow(most);
    if (length < 128 && this.#ascii(text)) return;
    const encoded = encoder.encode(text);
    this.varint(encoded.length);
    this.#append(encoded);
  }

  /** The length of `bytes`, and the bytes. */
  binary(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#append(bytes);
  }

  /** The bytes of `from` from `start` up to `end`, without their length. */
  part(from: Uint8Array, start: number, end: number): void {
    const more = end - start;
    if (this.length + more > this.bytes.length) this.#grow(more);
    const { bytes } = this;
    // A plain loop: `set` with a view costs more for so few bytes.
    for (let i = start, to = this.length; i < end; i++) bytes[to++] = from[i];
    this.length += more;
  }

  /**
   * Writes short ASCII text; returns false, and writes nothing, for other text.
   */
  #ascii(text: string): boolean {
    const { bytes } = this;
    const start = this.length + 1;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[start + i] = code;
    }
    bytes[this.length] = text.length;
    this.length = start + text.length;
    return true;
  }

  #append(from: Uint8Array): void {
    if (this.length + from.length > this.bytes.length) this.#grow(from.length);
    this.bytes.set(from, this.length);
    this.length += from.length;
  }

  #grow(by: number): void {
    const wider = new Uint8Array((this.length + by) * 2);
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
  }
}
