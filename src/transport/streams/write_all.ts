import type { ByteStream } from "./byte_stream.ts";

/** Writes all of `bytes`; rejects as `stream.write` does. */
export async function writeAll(
  stream: ByteStream,
  bytes: Uint8Array,
): Promise<void> {
  let written = await stream.write(bytes);
  // Only a full socket buffer splits a write.
  while (written < bytes.length) {
    written += await stream.write(bytes.subarray(written));
  }
}
