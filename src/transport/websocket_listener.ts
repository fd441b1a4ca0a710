import type {
  Accepted,
  ByteStream,
  Listener,
  PeerAddress,
} from "./byte_stream.ts";
import { closeQuietly } from "./close_quietly.ts";
import { listenTcp, type TcpOptions } from "./tcp_listener.ts";
import {
  type UpgradeOptions,
  upgradeWebSocket,
} from "./websocket_handshake.ts";

/** How a `WebSocketListener` upgrades, and whom it tells of refusals. */
export interface WebSocketOptions extends UpgradeOptions {
  /**
   * Told of each handshake that failed, with the peer it came from; most are a
   * `HandshakeError`. The listener goes on.
   */
  readonly onError: (error: Error, peer?: PeerAddress) => void;
}

/** Makes WebSockets of the streams that another listener accepts. */
export class WebSocketListener implements Listener {
  /** Where the listener below listens. */
  readonly address: PeerAddress;
  readonly #below: Listener;
  readonly #options: WebSocketOptions;
  /** Streams whose handshake is not over. */
  readonly #upgrading: Set<ByteStream> = new Set();
  #closed = false;

  /** `below` is served and closed by this listener from now on. */
  constructor(below: Listener, options: WebSocketOptions) {
    this.address = below.address;
    this.#below = below;
    this.#options = options;
  }

  serve(onStream: (accepted: Accepted) => void): Promise<void> {
    return this.#below.serve((accepted) => {
      this.#upgrade(accepted, onStream);
    });
  }

  /** As `Listener.close`; streams still in their handshake are closed. */
  close(): void {
    this.#closed = true;
    this.#below.close();
    for (const stream of this.#upgrading) closeQuietly(stream);
  }

  /** Never rejects: one peer's failure is told and forgotten. */
  async #upgrade(
    { stream, peer }: Accepted,
    onStream: (accepted: Accepted) => void,
  ): Promise<void> {
    this.#upgrading.add(stream);
    try {
      const upgraded = await upgradeWebSocket(stream, this.#options);
      onStream({ stream: upgraded, peer });
    } catch (error) {
      closeQuietly(stream);
      if (this.#closed) return;
      const known = error instanceof Error ? error : new Error(`${error}`);
      this.#options.onError(known, peer);
    } finally {
      this.#upgrading.delete(stream);
    }
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
