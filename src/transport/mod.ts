/** Byte streams: how bytes come in and go out, whatever carries them. */
export type {
  Accepted,
  ByteStream,
  Listener,
  PeerAddress,
} from "./byte_stream.ts";
