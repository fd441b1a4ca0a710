import type { ByteStream } from "./byte_stream.ts";

/** Closes `stream`, also a second time; never throws. */
export function closeQuietly(stream: ByteStream): void {
  try {
    stream.close();
  } catch {
    // `Deno.TcpConn` throws `BadResource` the second time.
  }
}
