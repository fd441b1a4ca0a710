import type { Accepted } from "../transport/mod.ts";
import { Connection } from "./connection/connection.ts";
import type { ListenerOptions } from "./core/options.ts";
import { packetHandler } from "./packets/packet_handler.ts";
import type { Registry } from "./session/registry.ts";

/**
 * Makes the connection of an accepted stream; it reads from `start` on. Its
 * session comes from `registry`. Calls `whenClosed` once, when the stream is
 * closed and all buffers are given back.
 */
export function openConnection(
  accepted: Accepted,
  listener: ListenerOptions,
  registry: Registry,
  whenClosed: () => void,
): Connection {
  return new Connection(
    accepted,
    listener,
    registry,
    packetHandler,
    whenClosed,
  );
}
