import type { ByteStream } from "../streams/byte_stream.ts";
import { protocolOf } from "../streams/foreign_protocol.ts";
import { RefusedError } from "../streams/refusal.ts";
import { RewoundStream } from "../streams/rewound_stream.ts";

/** A protocol that a listener for all of them serves. */
export type FirstWords = "tls" | "websocket" | "mqtt";

/** A protocol, and a stream that still holds the bytes that showed it. */
export interface Recognised {
  readonly words: FirstWords;
  readonly stream: ByteStream;
}

/**
 * Waits for the first bytes of `stream` and recognises the protocol by them.
 * Rejects with `RefusedError` for a protocol that is not served.
 */
export async function recognise(stream: ByteStream): Promise<Recognised> {
  // Most of what comes first is short, and a thousand may wait here.
  const buffer = new Uint8Array(512);
  let length = 0;
  for (;;) {
    const count = await stream.read(buffer.subarray(length));
    if (count === null) {
      const bytes = length === 1 ? "1 byte" : `${length} bytes`;
      throw new RefusedError("broken", `the peer ended after ${bytes}`);
    }
    length += count;
    // Twelve bytes at most say which one it is.
    const words = wordsOf(buffer, length);
    if (words === null) continue;
    const rewound = new RewoundStream(stream, buffer.slice(0, length));
    return { words, stream: rewound };
  }
}

/** Returns null while more bytes have to come. */
function wordsOf(bytes: Uint8Array, length: number): FirstWords | null {
  const speaks = protocolOf(bytes, 0, length);
  switch (speaks) {
    case "part":
      return null;
    case "http":
      return "websocket";
    case "mqtt":
    case "tls":
      return speaks;
    default:
      throw new RefusedError(
        "unknown-protocol",
        "the first bytes are of neither MQTT nor WebSocket nor TLS",
        undefined,
        speaks === null ? null : `speaks-${speaks}`,
      );
  }
}
