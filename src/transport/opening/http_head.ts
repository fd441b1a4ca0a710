import type { ByteStream } from "../streams/byte_stream.ts";
import { protocolOf } from "../streams/foreign_protocol.ts";
import { HandshakeError } from "../streams/handshake_error.ts";

/** Longest head of a request (bytes); cookies take a few KiB. */
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

/** A head, and the bytes read behind it. */
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
  let isHttp = false;
  for (;;) {
    const count = await stream.read(buffer.subarray(length));
    if (count === null) {
      throw new HandshakeError(400, "The request ended too early.");
    }
    const from = isHttp ? length : 0;
    length += count;
    isHttp ||= beginsRequest(buffer, length);
    if (!isHttp) continue;
    const end = endOfHead(buffer, from, length);
    if (end >= 0) {
      return {
        head: parseRequestHead(buffer.subarray(0, end)),
        rest: buffer.slice(end, length),
      };
    }
    if (length === buffer.length) buffer = grown(buffer);
  }
}

/**
 * Returns the offset behind the first empty line, the end of the head; -1
 * without one. Searches the bytes from `from` up to `to`. Throws
 * `HandshakeError` 400 for a line end other than CR LF: another server may read
 * a different head [RFC 9112 §2.2].
 */
function endOfHead(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    if (bytes[i] === 10) {
      if (bytes[i - 1] !== 13) throw bareLineEnd();
      if (bytes[i - 2] === 10) return i + 1;
    } else if (bytes[i - 1] === 13) throw bareLineEnd();
  }
  return -1;
}

function bareLineEnd(): HandshakeError {
  return new HandshakeError(400, "A line of the head does not end in CR LF.");
}

/**
 * Returns whether `bytes` begin a request; false while more have to come. A
 * method begins with a letter. Throws `HandshakeError` 400 for other bytes: MQTT
 * or TLS on the wrong port would wait for an empty line that never comes.
 */
function beginsRequest(bytes: Uint8Array, length: number): boolean {
  const [first] = bytes;
  if (first >= 0x41 && first <= 0x7a) return true;
  const speaks = protocolOf(bytes, 0, length);
  if (speaks === "part") return false;
  const fault = speaks === null ? null : `speaks-${speaks}` as const;
  throw new HandshakeError(400, "This is not an HTTP request.", fault);
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
// No blank before the colon, no continuation line, no control characters but
// tab: a proxy in front may read a lenient header differently [RFC 9112 §5]. The
// pattern matches in one way only, so the time is linear.
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/;

/**
 * Fields that may be sent once: of two, two servers may choose differently
 * [RFC 9110 §5.3, RFC 9112 §3.2 and §6.3, RFC 6455 §11.3].
 */
const SINGLE_FIELDS = new Map([
  ["host", "Host"],
  ["content-length", "Content-Length"],
  ["origin", "Origin"],
  ["sec-websocket-key", "Sec-WebSocket-Key"],
  ["sec-websocket-version", "Sec-WebSocket-Version"],
]);

/** Parses `bytes` up to the empty line. Throws `HandshakeError` 400. */
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
    const value = trimBlanks(field[2]);
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else if (SINGLE_FIELDS.has(name)) {
      const shown = SINGLE_FIELDS.get(name);
      throw new HandshakeError(400, `${shown} was sent more than once.`);
    } else values.push(value);
  }
  return {
    method: match[1],
    path: pathOf(match[2]),
    version: match[3],
    fields,
  };
}

/** Returns `text` without spaces and tabs at its ends. */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/**
 * Returns the path of a target, which is a path, or a whole URI of a proxy.
 * Throws `HandshakeError` 400 for any other [RFC 9112 §3.2].
 */
function pathOf(target: string): string {
  const path = target.replace(/^(?:https?|wss?):\/\/[^/?#]*/i, "");
  const end = path.search(/[?#]/);
  const plain = end < 0 ? path : path.slice(0, end);
  if (plain === "" && path !== target) return "/";
  if (!plain.startsWith("/")) {
    throw new HandshakeError(400, "The request's target is not a path.");
  }
  return plain;
}
