import type { ByteStream } from "./byte_stream.ts";

/** Writes every one of `bytes`; rejects as `stream.write` does. */
export async function writeAll(
  stream: ByteStream,
  bytes: Uint8Array,
): Promise<void> {
  let written = await stream.write(bytes);
  // Nearly always whole at once; only a full socket buffer splits it.
  while (written < bytes.length) {
    written += await stream.write(bytes.subarray(written));
  }
}
