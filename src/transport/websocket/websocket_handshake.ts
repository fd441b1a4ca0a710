import type { Clock } from "../../clock/mod.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { closeQuietly } from "../streams/close_quietly.ts";
import { HandshakeError } from "../streams/handshake_error.ts";
import {
  readRequestHead,
  type RequestHead,
  trimBlanks,
} from "../opening/http_head.ts";
import { RefusedError } from "../streams/refusal.ts";
import { WebSocketByteStream } from "./websocket_stream.ts";
import { writeAll } from "../streams/write_all.ts";

/** Options of WebSocket handshakes. */
export interface UpgradeOptions {
  /**
   * The only path served, or `*` for any; a query behind it is ignored.
   * @default {"*"}
   */
  readonly path?: string;
  /**
   * Origins whose pages may connect, as `https://example.org`; empty allows
   * all. Only browsers send an origin: requests without one are accepted.
   * @default {[]}
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Longest from the first read to the end of the answer (ms), at least 1.
   * @default {10000}
   */
  readonly handshakeTimeout?: number;
  /** Measures the timeout. */
  readonly clock: Clock;
}

/**
 * Answers a WebSocket opening handshake on `stream` and returns the bytes of its
 * binary messages as a stream [RFC 6455 §4.2, MQTT-6.0.0-3, MQTT-6.0.0-4].
 * Refuses a request with an answer, and throws its `HandshakeError`; or throws
 * the error of `stream`. Closes `stream` in both cases.
 */
export function upgradeWebSocket(
  stream: ByteStream,
  options: UpgradeOptions,
): Promise<ByteStream> {
  return acceptWebSocket(stream, options, () => {});
}

/**
 * As `upgradeWebSocket`; calls `onHead` with a request before accepting it. A
 * `HandshakeError` of `onHead`, or as the cause of its error, is the answer of a
 * refusal. Any other error refuses the request without an answer.
 */
export async function acceptWebSocket(
  stream: ByteStream,
  options: UpgradeOptions,
  onHead: (head: RequestHead) => void | Promise<void>,
): Promise<ByteStream> {
  const { clock, handshakeTimeout = 10_000 } = options;
  let late = false;
  const cancel = clock.after(handshakeTimeout, () => {
    late = true;
    closeQuietly(stream);
  });
  try {
    const { head, rest } = await readRequestHead(stream);
    const protocol = checkRequest(head, options);
    await onHead(head);
    await writeAll(stream, utf8(await acceptance(head, protocol)));
    return new WebSocketByteStream(stream, clock, rest);
  } catch (error) {
    if (late) {
      throw new HandshakeError(408, "The handshake took too long.");
    }
    const said = error instanceof RefusedError ? error.cause : error;
    if (said instanceof HandshakeError) await refuse(stream, said);
    closeQuietly(stream);
    throw error;
  } finally {
    cancel();
  }
}

/** Returns the subprotocol, or throws the refusal. */
function checkRequest(head: RequestHead, options: UpgradeOptions): string {
  if (head.version !== "1.1") {
    throw new HandshakeError(505, "This listener supports HTTP/1.1 only.");
  }
  if (head.method !== "GET") {
    throw new HandshakeError(405, "This listener supports GET only.");
  }
  checkHost(single(head, "host"));
  if (
    head.fields.has("transfer-encoding") ||
    (single(head, "content-length") ?? "0") !== "0"
  ) {
    throw new HandshakeError(400, "A request without a body is expected.");
  }
  checkUpgrade(head, options);
  checkOrigin(head, options.allowedOrigins ?? []);
  return chooseProtocol(tokens(head, "sec-websocket-protocol"));
}

/** A name or address, perhaps with a port [RFC 9110 §7.2]. */
const hostField = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/;

function checkHost(host: string | null): void {
  if (host !== null && hostField.test(host)) return;
  throw new HandshakeError(400, "One Host with a name or address is expected.");
}

/** Checks the fields of the upgrade [RFC 6455 §4.2.1]. */
function checkUpgrade(head: RequestHead, options: UpgradeOptions): void {
  const path = options.path ?? "*";
  if (
    !hasToken(head, "upgrade", "websocket") ||
    !hasToken(head, "connection", "upgrade")
  ) {
    throw new HandshakeError(
      426,
      `This port speaks MQTT over WebSocket at ${
        path === "*" ? "any path" : path
      }; connect with an MQTT client.`,
    );
  }
  if (path !== "*" && head.path !== path) {
    throw new HandshakeError(
      404,
      `This listener expects the path ${path} for MQTT over WebSocket. ` +
        "Connect there, or change the listener's setting path.",
      "asks-for-another-path",
    );
  }
  if (single(head, "sec-websocket-version") !== "13") {
    throw new HandshakeError(
      426,
      "This listener supports WebSocket version 13 only.",
    );
  }
  // Sixteen bytes in base64: 22 characters; the last has 2 bits.
  const key = single(head, "sec-websocket-key") ?? "";
  if (!/^[0-9A-Za-z+/]{21}[AQgw]==$/.test(key)) {
    throw new HandshakeError(400, "Sec-WebSocket-Key is not 16 bytes long.");
  }
}

/** Refuses web pages of other origins, which could use their visitors' network. */
function checkOrigin(head: RequestHead, allowed: readonly string[]): void {
  if (allowed.length === 0 || !head.fields.has("origin")) return;
  const origin = single(head, "origin")?.toLowerCase();
  if (!allowed.some((one) => one.toLowerCase() === origin)) {
    throw new HandshakeError(403, "This origin is not allowed.");
  }
}

/** Returns `mqtt` where offered, else the name of MQTT 3.1. */
function chooseProtocol(offered: readonly string[]): string {
  for (const known of ["mqtt", "mqttv3.1"]) {
    if (offered.includes(known)) return known;
  }
  throw new HandshakeError(
    400,
    "Sec-WebSocket-Protocol must offer mqtt or mqttv3.1.",
  );
}

/** Returns the value of a field that is sent once; null if missing. */
function single(head: RequestHead, name: string): string | null {
  return head.fields.get(name)?.[0] ?? null;
}

/** Returns the members of a list on one or more lines. */
function tokens(head: RequestHead, name: string): string[] {
  const values = head.fields.get(name) ?? [];
  return values.join(",").split(",").map(trimBlanks);
}

function hasToken(head: RequestHead, name: string, token: string): boolean {
  return tokens(head, name).some((one) => one.toLowerCase() === token);
}

/** Returns the answer. It accepts no extension: many payloads are compressed. */
async function acceptance(
  head: RequestHead,
  protocol: string,
): Promise<string> {
  // The fixed identifier is the RFC's [RFC 6455 §1.3].
  const proof = `${
    single(head, "sec-websocket-key")
  }258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const hash = await crypto.subtle.digest("SHA-1", utf8(proof));
  return "HTTP/1.1 101 Switching Protocols\r\n" +
    "Upgrade: websocket\r\n" +
    "Connection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${new Uint8Array(hash).toBase64()}\r\n` +
    `Sec-WebSocket-Protocol: ${protocol}\r\n\r\n`;
}

const reasonPhrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  505: "HTTP Version Not Supported",
};

/** Answers in plain text: the peer may be a person with a browser. */
async function refuse(
  stream: ByteStream,
  error: HandshakeError,
): Promise<void> {
  const text = utf8(`${error.message}\n`);
  let fields = "";
  if (error.status === 405) fields = "Allow: GET\r\n";
  if (error.status === 426) {
    fields = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  }
  const connection = error.status === 426 ? "Upgrade, close" : "close";
  const head = utf8(
    `HTTP/1.1 ${error.status} ${reasonPhrases[error.status]}\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${text.length}\r\n` +
      `Connection: ${connection}\r\n${fields}\r\n`,
  );
  try {
    await writeAll(stream, head);
    await writeAll(stream, text);
  } catch {
    // The peer is gone or too slow; the caller reports the refusal.
  }
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
