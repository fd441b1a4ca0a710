import type { ByteStream } from "../streams/byte_stream.ts";
import { RefusedError } from "../streams/refusal.ts";
import { RewoundStream } from "../streams/rewound_stream.ts";

/** What a peer speaks, by its first byte. */
export type FirstWords = "tls" | "websocket" | "mqtt";

/** What a peer speaks, and a stream that still holds what it said. */
export interface Recognised {
  readonly words: FirstWords;
  readonly stream: ByteStream;
}

/**
 * Waits for the first byte of `stream` and tells the protocol by it: CONNECT
 * begins with 0x10 [MQTT-3.1.0-1], a TLS handshake with 0x16 [RFC 8446 §5.1],
 * a WebSocket with the G of GET [RFC 6455 §4.1]. Rejects with `RefusedError`
 * for another one.
 */
export async function recognise(stream: ByteStream): Promise<Recognised> {
  // Most of what comes first is short, and a thousand may wait here.
  const buffer = new Uint8Array(512);
  const count = await stream.read(buffer);
  if (count === null) {
    throw new RefusedError("broken", "the peer ended before it said anything");
  }
  const words = wordsOf(buffer[0]);
  if (words === null) {
    throw new RefusedError(
      "unknown-protocol",
      "this is neither MQTT nor WebSocket nor TLS",
    );
  }
  return { words, stream: new RewoundStream(stream, buffer.slice(0, count)) };
}

function wordsOf(first: number): FirstWords | null {
  switch (first) {
    case 0x10:
      return "mqtt";
    case 0x16:
      return "tls";
    case 0x47:
      return "websocket";
    default:
      return null;
  }
}
