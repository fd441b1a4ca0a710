import type { ByteStream } from "./byte_stream.ts";
import { HandshakeError } from "./handshake_error.ts";

/** Most bytes of a request's head; cookies of a shared host take a few KiB. */
const maxHeadLength = 8192;

/** The head of an HTTP/1.1 request. */
export interface RequestHead {
  /** As sent: methods are case-sensitive. */
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** `1.1` or another of the form digit, dot, digit. */
  readonly version: string;
  /** Values of each field in order of arrival; names in lower case. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** A head, and the bytes that were read behind it. */
export interface ReadHead {
  readonly head: RequestHead;
  readonly rest: Uint8Array;
}

/**
 * Reads a request's head. Throws `HandshakeError` 400 when it is malformed or
 * the peer ends too early, 431 when it is longer than 8 KiB.
 */
export async function readRequestHead(stream: ByteStream): Promise<ReadHead> {
  // Most heads fit 1 KiB, and a thousand half-open peers should cost little.
  let buffer = new Uint8Array(1024);
  let length = 0;
  for (;;) {
    const count = await stream.read(buffer.subarray(length));
    if (count === null) {
      throw new HandshakeError(400, "The request ended too early.");
    }
    const end = endOfHead(buffer, Math.max(0, length - 3), length + count);
    length += count;
    refuseOtherProtocols(buffer[0]);
    if (end >= 0) {
      return {
        head: parseRequestHead(buffer.subarray(0, end)),
        rest: buffer.slice(end, length),
      };
    }
    if (length === buffer.length) buffer = grown(buffer);
  }
}

/** Where the head ends: behind the first empty line; -1 if there is none. */
function endOfHead(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i + 3 < to; i++) {
    if (
      bytes[i] === 13 && bytes[i + 1] === 10 &&
      bytes[i + 2] === 13 && bytes[i + 3] === 10
    ) return i + 4;
  }
  return -1;
}

/**
 * A method begins with a letter. MQTT or TLS on the wrong port does not, and
 * would otherwise wait for an empty line that never comes.
 */
function refuseOtherProtocols(first: number): void {
  if (first < 0x41 || first > 0x7a) {
    throw new HandshakeError(400, "This is not an HTTP request.");
  }
}

function grown(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  if (buffer.length >= maxHeadLength) {
    throw new HandshakeError(431, "The request's head is longer than 8 KiB.");
  }
  const larger = new Uint8Array(buffer.length * 2);
  larger.set(buffer);
  return larger;
}

const requestLine =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP\/(\d\.\d)$/;
// No blank before the colon, no control characters but tab: whatever is
// lenient here, a proxy in front may read differently [RFC 9112 §5].
const fieldLine =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/** `bytes` end with the empty line. Throws `HandshakeError` 400. */
function parseRequestHead(bytes: Uint8Array): RequestHead {
  let text = "";
  for (let i = 0; i < bytes.length - 4; i++) {
    text += String.fromCharCode(bytes[i]);
  }
  const [first, ...lines] = text.split("\r\n");
  const match = requestLine.exec(first);
  if (match === null) {
    throw new HandshakeError(400, "The request line is malformed.");
  }
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const field = fieldLine.exec(line);
    if (field === null) {
      throw new HandshakeError(400, "A header field is malformed.");
    }
    const name = field[1].toLowerCase();
    const value = field[2].trimEnd();
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return {
    method: match[1],
    path: pathOf(match[2]),
    version: match[3],
    fields,
  };
}

/** A target is a path, or a whole URI as proxies send it [RFC 9112 §3.2]. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "").replace(
    /[?#].*$/,
    "",
  );
  return path === "" ? "/" : path;
}
