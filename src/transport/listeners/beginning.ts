import type { Networks } from "../../network/mod.ts";
import type { Begin } from "./beginning_listener.ts";
import type { Accepted, PeerAddress } from "../streams/byte_stream.ts";
import { recognise } from "../opening/first_bytes.ts";
import { forwardedFor } from "../opening/forwarded_for.ts";
import {
  checkDemands,
  type ProxyDemands,
  refuseProxyHeader,
  takeProxyHeader,
} from "../opening/proxied.ts";
import { RefusedError } from "../streams/refusal.ts";
import type { TlsServer } from "../tls/tls_handshake.ts";
import {
  acceptWebSocket,
  type UpgradeOptions,
} from "../websocket/websocket_handshake.ts";

type Name = Parameters<Begin>[1];

/** The protocol of a stream; `any`: its first bytes show it. */
export type Speech = "mqtt" | "websocket" | "any";

/** The steps of a listener's connections up to MQTT. */
export interface BeginningOptions {
  /** The protocol within TLS, or without TLS. */
  readonly speech: Speech;
  /**
   * Null: no TLS. With `any`, the first bytes may begin TLS; else TLS must come
   * first.
   */
  readonly tls: TlsServer | null;
  /** Whether trusted proxies begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
  /** Demands on those headers. @default none */
  readonly proxyDemands?: ProxyDemands;
  /** Networks of the proxies that may name a client's address. */
  readonly trustedProxies: Networks;
  /** Networks of the allowed clients; empty allows all. */
  readonly allowedNetworks: Networks;
  /**
   * Judges the client by its certificate, before the broker answers anything but
   * TLS. Rejects with a `RefusedError`; its cause may be the `HandshakeError`
   * that a WebSocket client gets.
   */
  readonly certify: (accepted: Accepted) => Promise<void>;
  /** Options of the WebSocket upgrade. */
  readonly upgrade: UpgradeOptions;
}

/**
 * Takes connections up to MQTT: PROXY header, address, TLS, WebSocket, as far as
 * the listener has them. Each step rejects with a `RefusedError` or
 * `HandshakeError`; the caller then closes the stream.
 */
export class Beginning {
  readonly #options: BeginningOptions;

  /** `options` apply to all connections of a listener. */
  constructor(options: BeginningOptions) {
    this.#options = options;
  }

  /** Takes all steps. */
  readonly fromWire: Begin = async (accepted, name) => {
    const { proxyProtocol, trustedProxies, speech, tls } = this.#options;
    if (proxyProtocol) {
      accepted = trustedProxies.has(accepted.peer.hostname)
        ? await takeProxyHeader(accepted)
        : await refuseProxyHeader(accepted);
      name(accepted.peer);
    }
    this.admit(accepted.peer);
    const { proxyDemands } = this.#options;
    if (proxyDemands !== undefined) checkDemands(accepted, proxyDemands);
    if (tls === null) return await this.afterTls(accepted, name);
    if (speech !== "any") return await this.#secured(accepted, name, tls);
    const { words, stream } = await recognise(accepted.stream);
    const known = { ...accepted, stream };
    return words === "tls"
      ? await this.#secured(known, name, tls)
      : await this.#speak(known, name, words);
  };

  /** Takes the steps within TLS, or without TLS. */
  readonly afterTls: Begin = async (accepted, name) => {
    const { speech } = this.#options;
    if (speech !== "any") return await this.#speak(accepted, name, speech);
    const { words, stream } = await recognise(accepted.stream);
    if (words === "tls") {
      const where = this.#options.tls === null ? "here" : "within TLS";
      throw new RefusedError(
        "unknown-protocol",
        `the client speaks TLS, which is not expected ${where}`,
        undefined,
        "speaks-tls",
      );
    }
    return await this.#speak({ ...accepted, stream }, name, words);
  };

  /**
   * Throws `RefusedError` for a peer of a network that is not allowed. A proxy
   * is judged once it has named its client.
   */
  readonly admit = (peer: PeerAddress): void => {
    if (!this.#willForward(peer)) this.#check(peer);
  };

  /** Returns whether a peer is a proxy that will name its client. */
  readonly isProxy = (peer: PeerAddress): boolean => {
    const { proxyProtocol, trustedProxies } = this.#options;
    return proxyProtocol
      ? trustedProxies.has(peer.hostname)
      : this.#willForward(peer);
  };

  #willForward({ hostname }: PeerAddress): boolean {
    const { speech, trustedProxies } = this.#options;
    return speech !== "mqtt" && trustedProxies.has(hostname);
  }

  #check({ hostname }: PeerAddress): void {
    const { allowedNetworks } = this.#options;
    if (allowedNetworks.isEmpty || allowedNetworks.has(hostname)) return;
    throw new RefusedError(
      "network-refused",
      `${hostname} is in none of allowed_networks`,
    );
  }

  async #secured(
    accepted: Accepted,
    name: Name,
    tls: TlsServer,
  ): Promise<Accepted> {
    const started = await tls.startOver(accepted.stream);
    return await this.afterTls({ ...accepted, ...started }, name);
  }

  async #speak(
    accepted: Accepted,
    name: Name,
    words: "mqtt" | "websocket",
  ): Promise<Accepted> {
    const { upgrade, trustedProxies, certify } = this.#options;
    let { stream, peer } = accepted;
    if (words === "mqtt") {
      if (this.#willForward(peer)) this.#check(peer);
      await this.#options.certify(accepted);
      return accepted;
    }
    const mayForward = this.#willForward(peer);
    stream = await acceptWebSocket(stream, upgrade, async (head) => {
      if (mayForward) {
        const values = head.fields.get("x-forwarded-for") ?? [];
        const hostname = forwardedFor(peer.hostname, values, trustedProxies);
        // The port is that of the proxy.
        if (hostname !== peer.hostname) peer = { hostname, port: 0 };
        name(peer);
        this.#check(peer);
      }
      await certify({ ...accepted, peer });
    });
    return { ...accepted, stream, peer };
  }
}
