import { decodeUtf8, isWellFormedUtf8 } from "../../mqtt/mod.ts";
import { malformed } from "./errors.ts";

/**
 * Reads the data types of MQTT 5.0, 1.5 one after another, and never past
 * `end`. Every method throws `ProtocolError` 0x81 when the bytes run out.
 */
export class ByteReader {
  chunk: Uint8Array;
  at: number;
  end: number;

  constructor(chunk: Uint8Array, at: number, end: number) {
    this.chunk = chunk;
    this.at = at;
    this.end = end;
  }

  uint8(): number {
    if (this.at >= this.end) throw truncated();
    return this.chunk[this.at++];
  }

  uint16(): number {
    const at = this.skip(2);
    return this.chunk[at] << 8 | this.chunk[at + 1];
  }

  uint32(): number {
    const at = this.skip(4);
    const { chunk } = this;
    return (chunk[at] << 24 | chunk[at + 1] << 16 | chunk[at + 2] << 8 |
      chunk[at + 3]) >>> 0;
  }

  /**
   * Reads 0 to 268,435,455. Throws 0x81 also when the number is not in its
   * shortest form [MQTT-1.5.5-1].
   */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.uint8();
      value |= (byte & 127) << shift;
      if (byte >= 128) continue;
      if (byte === 0 && shift > 0) {
        throw malformed("a variable byte integer is not in its shortest form");
      }
      return value;
    }
    throw malformed("a variable byte integer has more than 4 bytes");
  }

  /** Reads a string and its length. Throws 0x81 also for ill-formed UTF-8. */
  utf8(): string {
    const start = this.skip(this.uint16());
    return decodeUtf8(this.chunk, start, this.at);
  }

  /** Checks a string as `utf8` does, without making it; returns its length. */
  skipUtf8(): number {
    const length = this.uint16();
    const start = this.skip(length);
    if (length > 0 && !isWellFormedUtf8(this.chunk, start, this.at)) {
      throw malformed("a string is not well-formed UTF-8");
    }
    return length;
  }

  /** Checks the name and the value of a user property, without making them. */
  skipPair(): void {
    this.skipUtf8();
    this.skipUtf8();
  }

  /** Reads binary data and its length; copies it out of the chunk. */
  binary(): Uint8Array {
    const start = this.skip(this.uint16());
    return this.chunk.slice(start, this.at);
  }

  /** Skips `length` bytes and returns the offset of the first. */
  skip(length: number): number {
    const start = this.at;
    if (length > this.end - start) throw truncated();
    this.at = start + length;
    return start;
  }

  /** Throws `ProtocolError` 0x81 when bytes are left. */
  finish(): void {
    if (this.at !== this.end) {
      throw malformed(
        `the packet has ${this.end - this.at} bytes after its last field`,
      );
    }
  }
}

function truncated(): Error {
  return malformed("the packet or its properties end inside a field");
}
