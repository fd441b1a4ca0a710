import assert from "node:assert/strict";
import type { ByteStream } from "../../src/transport/mod.ts";
import { randomSizes, writeAll } from "./transport_contract.ts";

/** The example key of RFC 6455 §1.3, and the proof it names. */
export const exampleKey = "dGhlIHNhbXBsZSBub25jZQ==";
export const exampleProof = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** A client's frame, masked; `first` is the byte with opcode and flags. */
export function clientFrame(first: number, payload: Uint8Array): Uint8Array {
  const length = payload.length;
  const size = length < 126
    ? [length]
    : length < 65536
    ? [126, length >> 8, length & 255]
    : [127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((by) => length >>> by & 255)];
  size[0] |= 0x80;
  const mask = [0x81, 0xfe, 0x3c, length & 255];
  const start = 1 + size.length + 4;
  const frame = new Uint8Array(start + length);
  frame.set([first, ...size, ...mask]);
  for (let i = 0; i < length; i++) frame[start + i] = payload[i] ^ mask[i & 3];
  return frame;
}

/** A browser's request to open a WebSocket; fields can be added or changed. */
export function upgradeRequest(
  fields: Record<string, string | null> = {},
  line = "GET /mqtt HTTP/1.1",
): string {
  const all: Record<string, string | null> = {
    "Host": "broker.example",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": exampleKey,
    "Sec-WebSocket-Protocol": "mqtt",
    ...fields,
  };
  const sent = Object.entries(all).filter(([, value]) => value !== null);
  return [line, ...sent.map((field) => field.join(": ")), "", ""].join("\r\n");
}

/** Reads up to the empty line that ends a response's head. */
export async function readHead(stream: ByteStream): Promise<string> {
  let head = "";
  const byte = new Uint8Array(1);
  while (!head.endsWith("\r\n\r\n")) {
    assert.equal(await stream.read(byte), 1, `ended within: ${head}`);
    head += String.fromCharCode(byte[0]);
  }
  return head;
}

/**
 * A client written for the tests alone: it cuts what it writes into fragments
 * of any size, with pings between them, and joins what it reads.
 */
export class TestWebSocketClient implements ByteStream {
  readonly #stream: ByteStream;
  readonly #size = randomSizes(3);
  #inFragments = false;
  #remaining = 0;

  private constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  static async open(stream: ByteStream): Promise<TestWebSocketClient> {
    await writeAll(stream, new TextEncoder().encode(upgradeRequest()));
    assert.match(await readHead(stream), /^HTTP\/1\.1 101 /);
    return new TestWebSocketClient(stream);
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#remaining === 0) {
      const header = await this.#take(2);
      if (header === null || header[0] === 0x88) return null;
      let length = header[1];
      if (length > 125) {
        const bytes = await this.#take(length === 126 ? 2 : 8);
        length = bytes!.reduce((all, byte) => all * 256 + byte, 0);
      }
      if (header[0] === 0x82) this.#remaining = length;
      else await this.#take(length);
    }
    const part = into.subarray(0, Math.min(into.length, this.#remaining));
    const count = await this.#stream.read(part);
    this.#remaining -= count ?? 0;
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const part = bytes.subarray(0, this.#size(100_000));
    const final = this.#size(3) === 1;
    const opcode = this.#inFragments ? 0 : 2;
    this.#inFragments = !final;
    await writeAll(
      this.#stream,
      clientFrame((final ? 0x80 : 0) | opcode, part),
    );
    await writeAll(this.#stream, clientFrame(0x8a, new Uint8Array(3)));
    return part.length;
  }

  /** Sends a Close with code 1000. */
  end(): Promise<void> {
    return writeAll(
      this.#stream,
      clientFrame(0x88, new Uint8Array([3, 232])),
    );
  }

  close(): void {
    this.#stream.close();
  }

  async #take(length: number): Promise<Uint8Array | null> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const count = await this.#stream.read(bytes.subarray(at));
      if (count === null) return null;
      at += count;
    }
    return bytes;
  }
}
