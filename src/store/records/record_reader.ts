import { decodeUtf8 } from "../../mqtt/mod.ts";
import { StoreError } from "../base/store_error.ts";

/**
 * Reads a record from `at` up to `end`. Every method throws `StoreError`
 * (`corrupt`) where the record is too short.
 */
export class RecordReader {
  /** The bytes of the record and of others. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Offset of the next value. */
  at = 0;
  /** Offset of the end of the record. */
  end = 0;

  /** Reads another record. */
  open(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Whether the record has more values. */
  get more(): boolean {
    return this.at < this.end;
  }

  /** One byte. */
  uint8(): number {
    if (this.at >= this.end) throw tooShort();
    return this.bytes[this.at++];
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(): number {
    const { bytes, end } = this;
    let { at } = this;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) throw tooShort();
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
    }
    // Beyond 28 bits shifts would wrap around.
    for (let scale = 2 ** 28; scale <= 2 ** 49; scale *= 128) {
      if (at >= end) throw tooShort();
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
    }
    throw new StoreError("corrupt", "a record has a number above 2^53");
  }

  /** A whole number of either sign. */
  signed(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  /** Text. */
  text(): string {
    const start = this.#skip(this.varint());
    return decodeUtf8(this.bytes, start, this.at);
  }

  /** Skips text or bytes. */
  skip(): void {
    this.#skip(this.varint());
  }

  /** A copy of bytes. */
  binary(): Uint8Array {
    const start = this.#skip(this.varint());
    return this.bytes.slice(start, this.at);
  }

  /** Returns the bytes without a copy; they hold on to the whole buffer. */
  view(): Uint8Array {
    const start = this.#skip(this.varint());
    return this.bytes.subarray(start, this.at);
  }

  #skip(length: number): number {
    const start = this.at;
    if (length > this.end - start) throw tooShort();
    this.at = start + length;
    return start;
  }
}

function tooShort(): StoreError {
  return new StoreError("corrupt", "a record ends within a value");
}
