import { BeginningListener } from "./beginning_listener.ts";
import type { Listener, PeerAddress } from "../streams/byte_stream.ts";
import { listenTcp, type TcpOptions } from "./tcp_listener.ts";
import {
  type UpgradeOptions,
  upgradeWebSocket,
} from "../websocket/websocket_handshake.ts";

/** How a `WebSocketListener` upgrades, and whom it tells of refusals. */
export interface WebSocketOptions extends UpgradeOptions {
  /**
   * Told of each handshake that failed, with the peer it came from; most are a
   * `HandshakeError`. The listener goes on.
   */
  readonly onError: (error: Error, peer?: PeerAddress) => void;
}

/** Handshakes at a time, where nobody says. */
const USUAL_HANDSHAKES = 500;

/** Makes WebSockets of the streams that another listener accepts. */
export class WebSocketListener extends BeginningListener {
  /** `below` is served and closed by this listener from now on. */
  constructor(below: Listener, options: WebSocketOptions) {
    super(
      below,
      async (accepted) => ({
        ...accepted,
        stream: await upgradeWebSocket(accepted.stream, options),
      }),
      {
        clock: options.clock,
        // The upgrade itself keeps to it, and can still answer.
        handshakeTimeout: (options.handshakeTimeout ?? 10_000) + 1000,
        maxHandshakes: USUAL_HANDSHAKES,
        onRefused: ({ error, peer }) => options.onError(error, peer),
      },
    );
  }
}

/**
 * Listens for WebSockets over TCP. Throws a `ListenError` as `listenTcp` does.
 * To have them over anything else, give its listener to `WebSocketListener`.
 */
export function listenWebSocket(
  options: TcpOptions & WebSocketOptions,
): WebSocketListener {
  return new WebSocketListener(listenTcp(options), options);
}
