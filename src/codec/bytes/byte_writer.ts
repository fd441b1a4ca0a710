import { encodeUtf8, type PacketType } from "../../mqtt/mod.ts";
import { varintLength, writeVarint } from "./varint.ts";

const FIELD_MAX = 65_535;

/** Builds the frame of a rare packet field by field (MQTT 5.0, 1.5). */
export class ByteWriter {
  #bytes = new Uint8Array(128);
  #length = 0;

  uint8(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  uint16(value: number): void {
    const at = this.#grow(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value & 0xffff);
  }

  varint(value: number): void {
    const at = this.#grow(varintLength(value));
    writeVarint(this.#bytes, at, value);
  }

  /** Writes `text` and its length in UTF-8. Throws RangeError above 65,535. */
  utf8(text: string): void {
    this.binary(encodeUtf8(text));
  }

  /**
   * Writes `text` as `utf8` does, for people: cuts it behind the last whole
   * character within 65,535 bytes.
   */
  prose(text: string): void {
    const bytes = encodeUtf8(text);
    let end = Math.min(bytes.length, FIELD_MAX);
    // A byte of 10xxxxxx goes on with the character before it.
    if (end < bytes.length) { while ((bytes[end] & 0xc0) === 0x80) end--; }
    this.binary(bytes.subarray(0, end));
  }

  /** Writes `bytes` and their number. Throws RangeError above 65,535. */
  binary(bytes: Uint8Array): void {
    if (bytes.length > FIELD_MAX) {
      throw new RangeError(
        `cannot encode a field of ${bytes.length} bytes: the maximum is ${FIELD_MAX}`,
      );
    }
    this.uint16(bytes.length);
    this.bytes(bytes);
  }

  /** Writes `bytes` without their number. */
  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Writes the content of `other` behind its length, as properties have it. */
  counted(other: ByteWriter): void {
    this.varint(other.#length);
    this.bytes(other.#bytes.subarray(0, other.#length));
  }

  /** Returns what was written. */
  content(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Returns the whole packet: fixed header and content. */
  frame(type: PacketType, flags = 0): Uint8Array {
    const header = 1 + varintLength(this.#length);
    const frame = new Uint8Array(header + this.#length);
    frame[0] = type << 4 | flags;
    writeVarint(frame, 1, this.#length);
    frame.set(this.#bytes.subarray(0, this.#length), header);
    return frame;
  }

  #grow(by: number): number {
    const at = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      // Twice what is needed, or many small fields would each copy everything.
      const wider = new Uint8Array(this.#length * 2);
      wider.set(this.#bytes);
      this.#bytes = wider;
    }
    return at;
  }
}
