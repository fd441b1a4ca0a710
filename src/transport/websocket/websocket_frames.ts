import { unmask } from "./websocket_mask.ts";

/** Supported opcodes of RFC 6455 §5.2. */
const Opcode = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** Status codes of Close frames that the broker sends [RFC 6455 §7.4.1]. */
export const CloseCode = {
  normal: 1000,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidPayload: 1007,
  tooBig: 1009,
} as const;

/** The end of the frames: a Close of the peer, or a violation. */
export interface FramesEnd {
  /** Status code of the answer; null answers a Close without one. */
  readonly code: number | null;
  /** The violation of the peer; null after a proper Close. */
  readonly violation: string | null;
}

/**
 * Decodes a client's frames in place: the payload of its binary messages is a
 * plain stream of bytes, whatever the frames [MQTT-6.0.0-2]. Decodes no bytes
 * once `end` is set.
 */
export class FrameDecoder {
  /** Payload of the latest ping not yet answered [RFC 6455 §5.5.3]. */
  ping: Uint8Array | null = null;
  /** Set by a Close or a violation. */
  end: FramesEnd | null = null;
  /** Header bytes so far: 2, then 0, 2 or 8 of length, then 4 of mask. */
  readonly #header: Uint8Array = new Uint8Array(14);
  #have = 0;
  #need = 2;
  /** Payload bytes of this frame still to come. */
  #remaining = 0;
  /** Mask of the frame; the lowest byte masks the next payload byte. */
  #mask = 0;
  /** Whether the last fragment of a message is still to come. */
  #fragmented = false;
  /** Payload of an incomplete control frame, else null. */
  #control: Uint8Array | null = null;

  /**
   * Decodes the first `length` bytes of `chunk` and moves their payload to its
   * front. Returns the bytes of the payload.
   */
  decode(chunk: Uint8Array, length: number): number {
    let at = 0;
    let payload = 0;
    while (at < length && this.end === null) {
      if (this.#have < this.#need) {
        this.#header[this.#have++] = chunk[at++];
        if (this.#have === 2) this.#checkHeader();
        else if (this.#have === this.#need) this.#beginPayload();
        continue;
      }
      const count = Math.min(this.#remaining, length - at);
      if (this.#control === null) {
        this.#mask = unmask(chunk, at, payload, count, this.#mask);
        payload += count;
      } else this.#takeControl(this.#control, chunk, at, count);
      at += count;
      this.#remaining -= count;
      if (this.#remaining === 0) this.#endFrame();
    }
    return payload;
  }

  /** Checks the first two bytes of a frame [RFC 6455 §5.2]. */
  #checkHeader(): void {
    const first = this.#header[0];
    const second = this.#header[1];
    const opcode = first & 0x0f;
    const final = (first & 0x80) !== 0;
    const length = second & 0x7f;
    if ((first & 0x70) !== 0) return this.#fail("a reserved bit is set");
    if ((second & 0x80) === 0) return this.#fail("a frame is not masked");
    if (opcode >= Opcode.close) {
      if (opcode > Opcode.pong) return this.#fail("an opcode is unknown");
      if (!final) return this.#fail("a control frame is fragmented");
      if (length > 125) return this.#fail("a control frame is too long");
    } else {
      if (opcode > Opcode.binary) return this.#fail("an opcode is unknown");
      if ((opcode === Opcode.continuation) !== this.#fragmented) {
        return this.#fail("a fragment is out of order");
      }
      if (opcode === Opcode.text) {
        // [MQTT-6.0.0-1]
        return this.#fail("a message is text", CloseCode.unsupportedData);
      }
      this.#fragmented = !final;
    }
    this.#need = length === 127 ? 14 : length === 126 ? 8 : 6;
  }

  #beginPayload(): void {
    const header = this.#header;
    const length = header[1] & 0x7f;
    this.#remaining = length;
    if (length === 126) {
      this.#remaining = header[2] << 8 | header[3];
      if (this.#remaining < 126) return this.#fail("a length is not minimal");
    } else if (length === 127) {
      const high = bigEndian(header, 2);
      this.#remaining = high * 2 ** 32 + bigEndian(header, 6);
      if (this.#remaining < 2 ** 16) {
        return this.#fail("a length is not minimal");
      }
      if (high >= 2 ** 31) return this.#fail("a length is negative");
      if (high >= 2 ** 21) {
        return this.#fail("a frame is too long", CloseCode.tooBig);
      }
    }
    const at = this.#need - 4;
    this.#mask = header[at] | header[at + 1] << 8 | header[at + 2] << 16 |
      header[at + 3] << 24;
    if ((header[0] & 0x0f) >= Opcode.close) {
      this.#control = new Uint8Array(length);
    }
    if (this.#remaining === 0) this.#endFrame();
  }

  #takeControl(
    control: Uint8Array,
    chunk: Uint8Array,
    at: number,
    count: number,
  ): void {
    const begin = control.length - this.#remaining;
    control.set(chunk.subarray(at, at + count), begin);
    this.#mask = unmask(control, begin, begin, count, this.#mask);
  }

  #endFrame(): void {
    this.#have = 0;
    this.#need = 2;
    const control = this.#control;
    if (control === null) return;
    this.#control = null;
    const opcode = this.#header[0] & 0x0f;
    if (opcode === Opcode.ping) this.ping = control;
    else if (opcode === Opcode.close) this.#takeClose(control);
  }

  /** Handles a Close [RFC 6455 §5.5.1, §7.4]. */
  #takeClose(payload: Uint8Array): void {
    if (payload.length === 0) {
      this.end = { code: null, violation: null };
      return;
    }
    const code = payload[0] << 8 | payload[1];
    if (payload.length === 1 || !mayBeSent(code)) {
      return this.#fail("a close code is not allowed");
    }
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(payload.subarray(2));
    } catch {
      return this.#fail(
        "a close reason is not UTF-8",
        CloseCode.invalidPayload,
      );
    }
    this.end = { code, violation: null };
  }

  #fail(violation: string, code: number = CloseCode.protocolError): void {
    this.end = { code, violation };
  }
}

/** Returns whether a peer may send `code`: not 1004 to 1006, 1015 to 2999. */
function mayBeSent(code: number): boolean {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code < 1015 && (code < 1004 || code > 1006);
}

function bigEndian(bytes: Uint8Array, at: number): number {
  return bytes[at] * 2 ** 24 +
    (bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]);
}

/** Returns the bytes of the header for a payload of `length`: 2, 4 or 10. */
export function binaryHeaderLength(length: number): number {
  return length < 126 ? 2 : length < 65536 ? 4 : 10;
}

/** Writes the header of a binary message of one frame to the front of `into`. */
export function encodeBinaryHeader(into: Uint8Array, length: number): void {
  into[0] = 0x80 | Opcode.binary;
  if (length < 126) {
    into[1] = length;
  } else if (length < 65536) {
    into[1] = 126;
    into[2] = length >>> 8;
    into[3] = length;
  } else {
    into[1] = 127;
    const view = new DataView(into.buffer, into.byteOffset);
    view.setBigUint64(2, BigInt(length));
  }
}

/** Returns a pong with `payload`, at most 125 bytes. */
export function encodePong(payload: Uint8Array): Uint8Array {
  return controlFrame(Opcode.pong, payload);
}

/** Returns a Close with `code`, or without one for null. */
export function encodeClose(code: number | null): Uint8Array {
  const payload = code === null ? [] : [code >>> 8, code & 0xff];
  return controlFrame(Opcode.close, new Uint8Array(payload));
}

function controlFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = payload.length;
  frame.set(payload, 2);
  return frame;
}
