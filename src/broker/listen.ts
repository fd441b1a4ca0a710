import type { Clock } from "../clock/mod.ts";
import type { ListenerSettings } from "../config/mod.ts";
import { type Listener, listenTcp, listenWebSocket } from "../transport/mod.ts";
import type { BrokerLog } from "./broker.ts";

/** Opens the listener that the settings describe. */
export function listen(
  settings: ListenerSettings,
  clock: Clock,
  log: BrokerLog,
): Listener {
  const { bind, port } = settings;
  // A failed accept ends neither the listener nor the broker.
  const onError = (error: Error) =>
    log.trouble(`listener ${settings.name}`, error);
  switch (settings.type) {
    case "tcp":
      return listenTcp({ bind, port, clock, onError });
    case "websocket":
      return listenWebSocket({
        bind,
        port,
        clock,
        onError,
        path: settings.path,
        allowedOrigins: settings.allowed_origins,
        handshakeTimeout: settings.handshake_timeout,
      });
    default:
      throw new Error(`a listener of type "${settings.type}" cannot be opened`);
  }
}
