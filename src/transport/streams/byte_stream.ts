import type { PeerCertificate } from "./tls_ports.ts";

/** The address of a peer, as the listener saw it. */
export interface PeerAddress {
  /** IP address in text form, or `memory`. */
  readonly hostname: string;
  /** TCP port; 0 where there is none. */
  readonly port: number;
}

/**
 * A two-way stream of bytes, from which a connection reads and to which it
 * writes. `Deno.TcpConn` is one, so plain TCP needs no wrapper.
 */
export interface ByteStream {
  /**
   * Waits for bytes and copies some of them to `into` (length ≥ 1).
   * Resolves to their number, or to null when the peer has ended its side.
   * Rejects when the stream broke or was closed. One read at a time.
   */
  read(into: Uint8Array): Promise<number | null>;
  /**
   * Takes some of `bytes` (at least one) and resolves to their number once
   * the stream is ready for more. The bytes must not change until then.
   * Rejects when the stream broke or was closed. One write at a time.
   */
  write(bytes: Uint8Array): Promise<number>;
  /**
   * Ends the broker's side: the peer reads null and can still send. A stream
   * without this method ends by `close` alone.
   */
  closeWrite?(): Promise<void>;
  /**
   * Ends both directions at once; pending calls reject. Callers call it once: a
   * second call may throw, as `Deno.TcpConn` does.
   */
  close(): void;
}

/** TLS between a client and a proxy: none, TLS, or TLS with a certificate. */
export type ProxiedTls = "none" | "tls" | "certificate";

/** A stream that was just accepted, and facts about its peer. */
export interface Accepted {
  /** The stream; its taker reads, writes and closes it. */
  readonly stream: ByteStream;
  /** The address of the peer, or of the client that a trusted proxy names. */
  readonly peer: PeerAddress;
  /** Certificate of the peer in TLS; null or missing without one. */
  readonly certificate?: PeerCertificate | null;
  /** Server name that the peer asked for in TLS (SNI). */
  readonly serverName?: string;
  /**
   * Common name of the client certificate that a trusted proxy has verified, by
   * its PROXY protocol header.
   */
  readonly clientName?: string;
  /** TLS between client and trusted proxy, by the PROXY protocol header. */
  readonly proxiedTls?: ProxiedTls;
}

/** Accepts streams on one address. */
export interface Listener {
  /** Address that it listens on; `port` is the real one in place of 0. */
  readonly address: PeerAddress;
  /**
   * Calls `onStream` for each stream, until `close`. Resolves when closed.
   * A failed accept (out of descriptors, a bad handshake) never ends it.
   */
  serve(onStream: (accepted: Accepted) => void): Promise<void>;
  /** Stops accepting; streams already accepted go on. */
  close(): void;
}
