import type { PeerCertificate } from "./tls_ports.ts";

/** Where a peer connects from, as the listener saw it. */
export interface PeerAddress {
  /** IP address in text form, or `memory`. */
  readonly hostname: string;
  /** TCP port; 0 where there is none. */
  readonly port: number;
}

/**
 * A two-way stream of bytes: what a connection reads from and writes to.
 * `Deno.TcpConn` is one as it stands, so plain TCP has no wrapper.
 */
export interface ByteStream {
  /**
   * Waits for bytes and puts some of them into `into` (length ≥ 1).
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
   * Ends our side: the peer reads null and can still send. Where it is
   * missing, `close` is the only way to end.
   */
  closeWrite?(): Promise<void>;
  /**
   * Ends both directions at once; pending calls reject. To be called once: a
   * second call may throw, as `Deno.TcpConn` does.
   */
  close(): void;
}

/** How a client spoke to a proxy: plain, by TLS, or with a certificate too. */
export type ProxiedTls = "none" | "tls" | "certificate";

/** A stream that was just accepted, with what is known of its peer. */
export interface Accepted {
  /** Whoever takes it reads from it, writes to it and closes it. */
  readonly stream: ByteStream;
  /** Where the stream comes from; a trusted proxy may have said so. */
  readonly peer: PeerAddress;
  /** What the peer showed by TLS; null or missing when it showed none. */
  readonly certificate?: PeerCertificate | null;
  /** The name by which the peer asked for this server, where TLS has it. */
  readonly serverName?: string;
  /**
   * Common name of the client certificate that a trusted proxy has verified,
   * as it tells by the PROXY protocol.
   */
  readonly clientName?: string;
  /** How the client spoke to a trusted proxy that told by the PROXY protocol. */
  readonly proxiedTls?: ProxiedTls;
}

/** Accepts streams on one address. */
export interface Listener {
  /** Where it listens; `port` is the real one when 0 was asked for. */
  readonly address: PeerAddress;
  /**
   * Calls `onStream` for each stream, until `close`. Resolves when closed.
   * A failed accept (out of descriptors, a bad handshake) never ends it.
   */
  serve(onStream: (accepted: Accepted) => void): Promise<void>;
  /** Stops accepting; streams already accepted go on. */
  close(): void;
}
