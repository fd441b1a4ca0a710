import { BeginningListener } from "./beginning_listener.ts";
import type { Listener, PeerAddress } from "../streams/byte_stream.ts";
import { listenTcp, type TcpOptions } from "./tcp_listener.ts";
import {
  type UpgradeOptions,
  upgradeWebSocket,
} from "../websocket/websocket_handshake.ts";

/** Options of a `WebSocketListener`. */
export interface WebSocketOptions extends UpgradeOptions {
  /**
   * Receives each failed handshake with its peer; most are a `HandshakeError`.
   * The listener goes on.
   */
  readonly onError: (error: Error, peer?: PeerAddress) => void;
}

/** Default of the handshakes at a time. */
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
        // The upgrade keeps this timeout itself, and can still answer.
        handshakeTimeout: (options.handshakeTimeout ?? 10_000) + 1000,
        maxHandshakes: USUAL_HANDSHAKES,
        onRefused: ({ error, peer }) => options.onError(error, peer),
      },
    );
  }
}

/**
 * Listens for WebSockets over TCP. Throws a `ListenError` as `listenTcp` does.
 * `WebSocketListener` serves them over any other listener.
 */
export function listenWebSocket(
  options: TcpOptions & WebSocketOptions,
): WebSocketListener {
  return new WebSocketListener(listenTcp(options), options);
}
